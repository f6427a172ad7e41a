import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Plan } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { localServerQuery } from "@/features/servers/queries";
import { PageSkeleton } from "@/shared/Page";
import { ErrorState } from "@/shared/states";
import { draftOf, NEW_PLAN, type PlanDraft } from "./form/values";
import { PlanEditor } from "./PlanEditor";
import { planQuery } from "./queries";

/** A plan as it was when it was opened: what others change meanwhile must not wipe out what is being typed. */
export function EditPlanPage() {
  const id = useIdParam("planId");
  const plan = useQuery({ ...planQuery(id), staleTime: 0 });
  const [opened, setOpened] = useState<Plan | null>(null);
  const current = plan.data?.id === id && !plan.isFetching ? plan.data : null;
  useEffect(() => {
    if (current !== null) setOpened((before) => (before?.id === current.id ? before : current));
  }, [current]);

  if (plan.error && !plan.data) return <ErrorState error={plan.error} onRetry={() => void plan.refetch()} />;
  if (opened?.id !== id) return <PageSkeleton />;
  return (
    <PlanEditor
      key={`${opened.id} ${opened.version}`}
      existing={opened}
      start={draftOf(opened)}
      outdated={plan.data !== undefined && plan.data.version !== opened.version}
      onReload={() => void plan.refetch().then(({ data }) => data && setOpened(data))}
    />
  );
}

/** May be opened with a server and folders chosen on its page: `?serverId=1&folders=["/etc"]`. */
export function NewPlanPage() {
  const search: object = useSearch({ strict: false });
  const local = useQuery(localServerQuery());
  if (local.error) return <ErrorState error={local.error} onRetry={() => void local.refetch()} />;
  if (local.data === undefined) return <PageSkeleton />;
  const serverId: unknown = Reflect.get(search, "serverId");
  const folders: unknown = Reflect.get(search, "folders");
  const start: PlanDraft = {
    ...NEW_PLAN,
    serverId: typeof serverId === "number" ? serverId : local.data?.id,
    sources: {
      ...NEW_PLAN.sources,
      folders: Array.isArray(folders) ? folders.filter((folder): folder is string => typeof folder === "string") : [],
    },
  };
  return <PlanEditor existing={null} start={start} />;
}
