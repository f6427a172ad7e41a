import type { ButtonProps } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/types";
import { ActionButton } from "@/shared/permission";
import { useExecutePlan } from "./queries";

/** Starts a run and goes where it can be watched. */
export function RunNowButton({ plan, ...rest }: { plan: Plan } & ButtonProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const execute = useExecutePlan();
  const goingOn =
    plan.lastRun && (plan.lastRun.state === "running" || plan.lastRun.state === "queued") ? plan.lastRun : null;
  if (goingOn) {
    return (
      <ActionButton variant="light" {...rest} onClick={() => void navigate({ to: `/runs/${goingOn.id}` })}>
        {t("plans.watch")}
      </ActionButton>
    );
  }
  return (
    <ActionButton
      permission="run"
      variant="default"
      leftSection={<Play size={16} aria-hidden />}
      {...rest}
      aria-label={t("plans.runNowOf", { name: plan.name })}
      loading={execute.isPending}
      onClick={() =>
        execute.mutate(plan.id, { onSuccess: ({ runId }) => runId != null && void navigate({ to: `/runs/${runId}` }) })
      }
    >
      {t("plans.runNow")}
    </ActionButton>
  );
}
