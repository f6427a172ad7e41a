import { Alert, Card, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ban, Clock, RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JobProgress, Run } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { useJobProgress } from "@/events/progress";
import { jobQuery, useJobLog } from "@/features/jobs/queries";
import { isWaitReason } from "@/features/jobs/waiting";
import { TextLink } from "@/features/TextLink";
import { LogView } from "@/shared/LogView";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { RunStateBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { LiveProgress } from "./LiveProgress";
import { ProblemList } from "./ProblemList";
import { isRunOver, runQuery, useCancelRun, useRetryRun } from "./queries";
import { RunFigures, RunOutcome } from "./RunOutcome";
import { useRateSamples } from "./useRateSamples";

export function RunPage() {
  const id = useIdParam("runId");
  const run = useQuery(runQuery(id));
  if (run.error) return <ErrorState error={run.error} onRetry={() => void run.refetch()} />;
  if (!run.data) return <PageSkeleton />;
  return <RunDetails run={run.data} />;
}

function RunDetails({ run }: { run: Run }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const cancel = useCancelRun();
  const retry = useRetryRun();
  const over = isRunOver(run.state);
  const again = () =>
    retry.mutate(run.id, { onSuccess: ({ runId }) => runId != null && void navigate({ to: `/runs/${runId}` }) });

  return (
    <Page
      title={run.planName}
      back={{ to: "/runs", label: t("nav.runs") }}
      mark={<RunStateBadge state={run.state} size="md" />}
      description={
        <>
          {t("runs.headline", { id: run.id, origin: t(`runOrigin.${run.origin}`) })} ·{" "}
          <Time at={run.startedAt ?? run.queuedAt} absolute />
          {run.planId != null && (
            <>
              {" · "}
              <TextLink to={`/plans/${run.planId}`}>{t("runs.toPlan")}</TextLink>
            </>
          )}
        </>
      }
      actions={
        over ? (
          <ActionButton
            permission="run"
            variant={run.state === "failed" || run.state === "missed" ? "filled" : "default"}
            leftSection={<RotateCw size={16} aria-hidden />}
            loading={retry.isPending}
            disabledReason={run.planId == null ? t("runs.planGone") : null}
            onClick={again}
          >
            {t("runs.retry")}
          </ActionButton>
        ) : (
          <ActionButton
            permission="run"
            variant="default"
            leftSection={<Ban size={16} aria-hidden />}
            loading={cancel.isPending}
            disabledReason={cancel.isSuccess ? t("runs.canceling") : null}
            onClick={() => cancel.mutate(run.id)}
          >
            {t("runs.cancel")}
          </ActionButton>
        )
      }
    >
      <Stack gap="md" aria-live="polite">
        {over ? <RunOutcome run={run} /> : <Live run={run} canceling={cancel.isSuccess} />}
      </Stack>
      {over && run.state !== "missed" && <RunFigures run={run} />}
      {run.counters.problemCount > 0 && <ProblemList runId={run.id} count={run.counters.problemCount} />}
      {run.jobId != null && <RunLog run={run} />}
    </Page>
  );
}

function Live({ run, canceling }: { run: Run; canceling: boolean }) {
  const { t } = useTranslation();
  const pushed = useJobProgress(run.jobId);
  const job = useQuery({ ...jobQuery(run.jobId ?? 0), enabled: run.jobId != null && run.state === "queued" });
  const samples = useRateSamples(run.jobId, pushed);
  if (run.state === "queued" && !pushed) {
    const waitsFor = job.data?.waitsFor;
    return (
      <Alert color="stone" icon={<Clock size={20} aria-hidden />} title={t("runs.outcome.queued")}>
        {isWaitReason(waitsFor) ? t(`jobs.waitsFor.${waitsFor}`) : t("jobs.waitsFor.worker")}
      </Alert>
    );
  }
  // Between the page's own answer and the first event, what the answer knew.
  const progress: JobProgress = pushed ?? {
    step: "reading",
    counters: run.counters,
    rateBytesPerSecond: run.rateBytesPerSecond,
    etaSeconds: run.etaSeconds,
    currentFiles: run.currentFiles,
  };
  return (
    <>
      {canceling && <Alert color="stone" icon={<Ban size={20} aria-hidden />} title={t("runs.canceling")} />}
      <LiveProgress progress={progress} samples={samples} />
    </>
  );
}

function RunLog({ run }: { run: Run }) {
  const { t } = useTranslation();
  const log = useJobLog(run.jobId);
  return (
    <Card>
      <Title order={2} mb="sm">
        {t("log.title")}
      </Title>
      {log.error ? (
        <ErrorState error={log.error} onRetry={() => void log.refetch()} />
      ) : (
        <LogView lines={log.data ?? []} live={!isRunOver(run.state)} fileName={`rempart-run-${run.id}`} />
      )}
      {run.attempt > 1 && (
        <Text size="xs" c="dimmed" mt="xs">
          {t("runs.attempt", { attempt: run.attempt })}
        </Text>
      )}
    </Card>
  );
}
