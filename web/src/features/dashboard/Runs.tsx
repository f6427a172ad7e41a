import { Button, Card, Group, Progress, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { RunSummary } from "@/api/types";
import { useJobProgress } from "@/events/progress";
import { shareDone, useStepName } from "@/features/runs/LiveProgress";
import { useFormat } from "@/shared/format";
import { RunStateBadge } from "@/shared/StatusBadge";
import { Time } from "@/shared/Time";
import classes from "./Runs.module.css";

/** Work that goes on, with its live rate and the time it still takes. */
export function RunningRun({ run }: { run: RunSummary }) {
  const { t } = useTranslation();
  const { bytes, rate, duration, percent } = useFormat();
  const progress = useJobProgress(run.jobId);
  const counters = progress?.counters ?? run.counters;
  const share = shareDone(counters);
  const step = useStepName(progress?.step ?? (run.state === "queued" ? "waiting" : "reading"));
  return (
    <Card padding="md" className={classes.running}>
      <Group justify="space-between" gap="sm" mb={8}>
        <Text fw={600}>
          <Link to={`/runs/${run.id}`} className={classes.link}>
            {run.planName}
          </Link>
        </Text>
        <Group gap="md">
          <Text size="sm" c="dimmed">
            {step}
          </Text>
          <RunStateBadge state={run.state} />
        </Group>
      </Group>
      <Progress
        value={share === null ? 100 : share * 100}
        striped={share === null}
        animated
        size="md"
        aria-label={t("progress.label", { step: run.planName })}
      />
      <Group justify="space-between" gap="sm" mt={6}>
        <Text size="xs" c="dimmed">
          {share === null ? "" : `${percent(share)} · `}
          {bytes(counters.bytesDone)}
        </Text>
        <Text size="xs" c="dimmed">
          {progress && rate(progress.rateBytesPerSecond)}
          {progress?.etaSeconds != null && ` · ${t("progress.left", { time: duration(progress.etaSeconds) })}`}
        </Text>
      </Group>
    </Card>
  );
}

export function RecentRuns({ runs }: { runs: RunSummary[] }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  return (
    <Card>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Title order={2}>{t("dashboard.recent")}</Title>
        <Button component={Link} to="/runs" variant="subtle" size="compact-sm">
          {t("dashboard.allRuns")}
        </Button>
      </Group>
      {runs.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("runs.none")}
        </Text>
      )}
      <ul className={classes.list}>
        {runs.map((run) => (
          <li key={run.id} className={classes.row}>
            <div className={classes.name}>
              <Text size="sm" fw={550} truncate>
                <Link to={`/runs/${run.id}`} className={classes.link}>
                  {run.planName}
                </Link>
              </Text>
              <Text size="xs" c="dimmed">
                <Time at={run.endedAt ?? run.startedAt ?? run.queuedAt} /> · {bytes(run.counters.bytesDone)}
              </Text>
            </div>
            <RunStateBadge state={run.state} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
