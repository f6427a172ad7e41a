import { Card, Group, Progress, Stack, Text } from "@mantine/core";
import { FileSearch } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JobProgress, RunCounters } from "@/api/types";
import { type Fact, Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import classes from "./LiveProgress.module.css";
import { RateGraph } from "./RateGraph";
import type { RateSample } from "./rate";

/** The steps that the server names, and their words here; another is shown as it is called. */
const STEPS = {
  waiting: "waiting",
  preparing: "preparing",
  scanning: "scanning",
  reading: "reading",
  committing: "committing",
  restoring: "restoring",
  verifying: "verifying",
  checking: "checking",
  deleting: "deleting",
  copying: "copying",
  repacking: "repacking",
  "reading index": "readingIndex",
  "walking trees": "walkingTrees",
  "reading packs": "readingPacks",
  "writing index": "writingIndex",
  "reading snapshots": "readingSnapshots",
} as const;

export function useStepName(step: string): string {
  const { t } = useTranslation();
  return step in STEPS ? t(`progress.step.${STEPS[step as keyof typeof STEPS]}`) : step;
}

/** `null` while the end is not known: the bar then only moves. */
export function shareDone(counters: RunCounters): number | null {
  if (counters.bytesTotal > 0) return Math.min(1, counters.bytesDone / counters.bytesTotal);
  if (counters.filesTotal > 0) return Math.min(1, counters.filesDone / counters.filesTotal);
  return null;
}

interface LiveProgressProps {
  progress: JobProgress;
  samples: readonly RateSample[];
  /** Backups add bytes to a repository; other jobs do not. */
  adds?: boolean;
}

/** What goes on right now. */
export function LiveProgress({ progress, samples, adds = true }: LiveProgressProps) {
  const { t } = useTranslation();
  const { bytes, number, rate, duration, percent } = useFormat();
  const { counters } = progress;
  const share = shareDone(counters);
  const step = useStepName(progress.step);
  const facts: Fact[] = [
    {
      label: t("progress.files"),
      value: number(counters.filesDone),
      note: counters.filesTotal > 0 ? t("progress.of", { total: number(counters.filesTotal) }) : null,
    },
    {
      label: t("progress.original"),
      value: bytes(counters.bytesDone),
      note: counters.bytesTotal > 0 ? t("progress.of", { total: bytes(counters.bytesTotal) }) : null,
    },
    ...(adds
      ? [
          { label: t("progress.deduplicated"), value: bytes(counters.addedBytes), note: t("progress.deduplicatedWhy") },
          { label: t("progress.compressed"), value: bytes(counters.storedBytes), note: t("progress.compressedWhy") },
        ]
      : []),
    { label: t("progress.rate"), value: rate(progress.rateBytesPerSecond) },
    {
      label: t("progress.eta"),
      value: progress.etaSeconds == null ? t("progress.etaUnknown") : duration(progress.etaSeconds),
    },
  ];
  return (
    <Card>
      <Stack gap="md">
        <div>
          <Group justify="space-between" mb={6}>
            <Text fw={600}>{step}</Text>
            <Text fw={600} className={classes.share}>
              {share === null ? "" : percent(share)}
            </Text>
          </Group>
          <Progress
            value={share === null ? 100 : share * 100}
            size="lg"
            radius="sm"
            animated
            striped={share === null}
            aria-label={t("progress.label", { step })}
          />
        </div>
        <Facts facts={facts} columns={adds ? 6 : 4} />
        <RateGraph samples={samples} />
        {progress.currentFiles.length > 0 && (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              {t("progress.current")}
            </Text>
            <ul className={classes.files}>
              {progress.currentFiles.slice(0, 4).map((path) => (
                <li key={path} className={classes.file} title={path}>
                  <FileSearch size={14} aria-hidden />
                  <bdi>{path}</bdi>
                </li>
              ))}
            </ul>
          </div>
        )}
      </Stack>
    </Card>
  );
}
