import { Alert, Button, Card, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Camera } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Run } from "@/api/types";
import { typeset } from "@/i18n/typeset";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { RUN_FACES, TONE_COLOURS } from "@/shared/status";

/** What came of it: the state in a sentence, why, and what to do next. */
export function RunOutcome({ run }: { run: Run }) {
  const { t } = useTranslation();
  const face = RUN_FACES[run.state];
  return (
    <Alert
      color={TONE_COLOURS[face.tone]}
      icon={<face.icon size={20} aria-hidden />}
      title={t(`runs.outcome.${run.state}`)}
      role={run.state === "failed" ? "alert" : undefined}
    >
      {run.message && <Text size="sm">{typeset(run.message)}</Text>}
      {run.hint && (
        <Text size="sm" fw={600} mt={4}>
          {t("runs.next")} {typeset(run.hint)}
        </Text>
      )}
      {run.snapshotId != null && (
        <Group mt="sm">
          <Button
            component={Link}
            to={`/snapshots/${run.snapshotId}`}
            size="compact-sm"
            variant="default"
            leftSection={<Camera size={16} aria-hidden />}
          >
            {t("runs.openSnapshot")}
          </Button>
        </Group>
      )}
    </Alert>
  );
}

/** The figures of a run that is over. */
export function RunFigures({ run }: { run: Run }) {
  const { t } = useTranslation();
  const { bytes, number, rate, duration, percent } = useFormat();
  const { counters } = run;
  const seconds = run.startedAt && run.endedAt ? (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000 : null;
  const saved = counters.bytesDone > 0 ? 1 - counters.storedBytes / counters.bytesDone : null;
  return (
    <Card>
      <Facts
        columns={6}
        facts={[
          {
            label: t("runs.duration"),
            value: seconds === null ? "–" : seconds < 1 ? t("units.lessThanASecond") : duration(seconds),
          },
          {
            label: t("progress.files"),
            value: number(counters.filesDone),
            note: [
              t("runs.filesNew", { count: counters.filesNew, formatted: number(counters.filesNew) }),
              t("runs.filesChanged", { count: counters.filesChanged, formatted: number(counters.filesChanged) }),
            ].join(", "),
          },
          { label: t("progress.original"), value: bytes(counters.bytesDone) },
          { label: t("progress.deduplicated"), value: bytes(counters.addedBytes), note: t("progress.deduplicatedWhy") },
          {
            label: t("progress.compressed"),
            value: bytes(counters.storedBytes),
            note: saved !== null && saved > 0 ? t("runs.saved", { share: percent(saved) }) : null,
          },
          { label: t("runs.averageRate"), value: rate(run.rateBytesPerSecond) },
        ]}
      />
    </Card>
  );
}
