import { Alert, Card, CloseButton, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/types";
import { useJobProgress } from "@/events/progress";
import { LiveProgress } from "@/features/runs/LiveProgress";
import { useRateSamples } from "@/features/runs/useRateSamples";
import { TextLink } from "@/features/TextLink";
import { ActionButton } from "@/shared/permission";
import { JobStateBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { AgentJobSteps, isAgentJob } from "./AgentJobSteps";
import { JobResult } from "./JobResult";
import { isOver, jobQuery, useCancelJob } from "./queries";
import { isWaitReason } from "./waiting";

/** One job from its beginning to its report, on the page that asked for it. */
export function JobPanel({ jobId, onClose }: { jobId: number; onClose?: () => void }) {
  const { t } = useTranslation();
  const job = useQuery(jobQuery(jobId));
  if (job.error) return <ErrorState error={job.error} onRetry={() => void job.refetch()} />;
  if (!job.data) return null;
  return (
    <Card aria-live="polite">
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Group gap="sm">
          <Text fw={600}>{t(`jobKind.${job.data.kind}`)}</Text>
          <JobStateBadge state={job.data.state} />
          <TextLink to={`/jobs/${jobId}`}>{t("jobs.toJob", { id: jobId })}</TextLink>
        </Group>
        {onClose && isOver(job.data.state) && <CloseButton aria-label={t("common.close")} onClick={onClose} />}
      </Group>
      <JobBody job={job.data} />
    </Card>
  );
}

export function JobBody({ job }: { job: Job }) {
  const { t } = useTranslation();
  const progress = useJobProgress(job.id, job.progress);
  const samples = useRateSamples(job.id, progress);
  const cancel = useCancelJob();
  if (isOver(job.state)) {
    return (
      <Stack gap="md">
        {isAgentJob(job.kind) && <AgentJobSteps job={job} progress={progress} />}
        <JobResult job={job} />
      </Stack>
    );
  }
  const waitsFor = job.waitsFor;
  return (
    <Stack gap="sm">
      {progress && job.state === "running" ? (
        isAgentJob(job.kind) ? (
          <AgentJobSteps job={job} progress={progress} />
        ) : (
          <LiveProgress progress={progress} samples={samples} adds={job.kind === "backup"} />
        )
      ) : (
        <Alert color="stone">
          {isWaitReason(waitsFor)
            ? t(`jobs.waitsFor.${waitsFor}`)
            : t(job.state === "queued" ? "jobs.waitsFor.worker" : "jobs.starting")}
        </Alert>
      )}
      <Group justify="flex-end">
        <ActionButton
          permission={job.kind === "restore" ? "restore" : "run"}
          variant="default"
          size="compact-sm"
          leftSection={<Ban size={16} aria-hidden />}
          loading={cancel.isPending}
          disabledReason={job.cancelRequested || cancel.isSuccess ? t("runs.canceling") : null}
          onClick={() => cancel.mutate(job.id)}
        >
          {t("jobs.cancel")}
        </ActionButton>
      </Group>
    </Stack>
  );
}
