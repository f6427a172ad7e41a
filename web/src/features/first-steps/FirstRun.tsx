import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useJobProgress } from "@/events/progress";
import { LiveProgress } from "@/features/runs/LiveProgress";
import { isRunOver, runQuery } from "@/features/runs/queries";
import { RunFigures, RunOutcome } from "@/features/runs/RunOutcome";
import { useRateSamples } from "@/features/runs/useRateSamples";
import { snapshotQuery } from "@/features/snapshots/queries";
import { ErrorState } from "@/shared/states";

/** The first run, until its recovery point was read back. */
export function FirstRun({ runId }: { runId: number }) {
  const { t } = useTranslation();
  const query = useQuery(runQuery(runId));
  const run = query.data;
  const progress = useJobProgress(run?.jobId);
  const samples = useRateSamples(run?.jobId, progress);
  const snapshotId = run?.snapshotId ?? null;
  const snapshot = useQuery({ ...snapshotQuery(snapshotId ?? 0), enabled: snapshotId !== null }).data;
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (!run) return null;
  const over = isRunOver(run.state);
  return (
    <Stack gap="md" aria-live="polite">
      {!over && progress && <LiveProgress progress={progress} samples={samples} />}
      {!over && !progress && <Text>{t("firstSteps.starting")}</Text>}
      {over && snapshot?.verifiedAt && (
        <Alert color="moss" icon={<ShieldCheck size={22} aria-hidden />} title={t("firstSteps.verified")}>
          {t("firstSteps.verifiedWhy")}
        </Alert>
      )}
      {over && snapshot && !snapshot.verifiedAt && run.state === "succeeded" && (
        <Text size="sm" c="dimmed">
          {t("firstSteps.verifying")}
        </Text>
      )}
      {over && <RunOutcome run={run} />}
      {over && <RunFigures run={run} />}
      <Group justify="flex-end">
        <Button component={Link} to={`/runs/${runId}`} variant="default">
          {t("firstSteps.details")}
        </Button>
        <Button component={Link} to="/">
          {t("firstSteps.toDashboard")}
        </Button>
      </Group>
    </Stack>
  );
}
