import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Repository, Retention, Schedule, Server } from "@/api/types";
import { NEW_PLAN, planWrite } from "@/features/plans/form/values";
import { planSource, useExecutePlan, useSavePlan } from "@/features/plans/queries";
import { repositorySource, useCreateRepository } from "@/features/repositories/queries";
import type { ChoiceSource, Choosable } from "@/shared/choice/useChoices";

interface FirstPlan {
  folders: string[];
  schedule: Schedule | null;
  retention: Retention | null;
}

interface Begin {
  makeRepository: (poolId: number) => void;
  run: (repository: Repository, plan: FirstPlan) => void;
  pending: boolean;
  error: Error | null;
}

interface Listener {
  onRepository: (repository: Repository) => void;
  onRun: (runId: number) => void;
}

/** The requests behind the steps: a repository; then a plan and its first run. What was made once is not made twice. */
export function useBegin(server: Server, { onRepository, onRun }: Listener): Begin {
  const { t } = useTranslation();
  const create = useCreateRepository();
  const savePlan = useSavePlan(null);
  const execute = useExecutePlan();

  const make = useMutation({
    meta: { quiet: true },
    mutationFn: async (poolId: number) =>
      create.mutateAsync({
        name: await freeName(t("firstSteps.repositoryName"), repositorySource),
        poolId,
        serverId: server.id,
        adoptPassword: null,
      }),
    onSuccess: onRepository,
  });

  const begin = useMutation({
    meta: { quiet: true },
    mutationFn: async ({ repository, plan }: { repository: Repository; plan: FirstPlan }) => {
      const { folders, schedule, retention } = plan;
      const draft = { ...NEW_PLAN, schedule, retention, sources: { ...NEW_PLAN.sources, folders } };
      const named = async () => ({
        ...draft,
        name: await freeName(t("firstSteps.planName", { server: server.name }), planSource),
        serverId: server.id,
        repositoryId: repository.id,
      });
      const made = savePlan.data ?? (await savePlan.mutateAsync(planWrite(await named())));
      return execute.mutateAsync(made.id);
    },
    onSuccess: ({ runId }) => {
      if (runId != null) onRun(runId);
    },
  });

  return {
    makeRepository: (poolId) => make.mutate(poolId),
    run: (repository, plan) => begin.mutate({ repository, plan }),
    pending: make.isPending || begin.isPending,
    error: make.error ?? begin.error,
  };
}

/** The wanted name, or with a number where it is taken. */
async function freeName<T extends Choosable>(wanted: string, source: ChoiceSource<T>): Promise<string> {
  const { items } = await source.page({ limit: 200, q: wanted }, new AbortController().signal);
  const taken = new Set(items.map(({ name }) => name.toLowerCase()));
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}
