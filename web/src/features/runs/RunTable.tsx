import { Progress, Text } from "@mantine/core";
import { Activity } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { RunState, RunSummary } from "@/api/types";
import { useJobProgress } from "@/events/progress";
import { planSource } from "@/features/plans/queries";
import { useFormat } from "@/shared/format";
import { ListView } from "@/shared/list/ListView";
import { RunStateBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { shareDone } from "./LiveProgress";

const STATES: RunState[] = ["queued", "running", "succeeded", "warning", "failed", "canceled", "missed"];

/** Runs, newest first: of all plans or of one. */
export function RunTable({ planId }: { planId?: number }) {
  const { t } = useTranslation();
  const { bytes, number } = useFormat();
  return (
    <ListView<RunSummary>
      label={t("nav.runs")}
      queryKey={["runs"]}
      fetchPage={(query, signal) => ask(api.GET("/api/runs", { params: { query }, signal }))}
      rowKey={(row) => row.id}
      rowLink={(row) => `/runs/${row.id}`}
      fixed={planId === undefined ? undefined : { planId }}
      filters={[
        {
          id: "state",
          label: t("common.state"),
          options: STATES.map((state) => ({ value: state, label: t(`runState.${state}`) })),
        },
        ...(planId === undefined ? [{ id: "planId", label: t("runs.plan"), source: planSource }] : []),
      ]}
      empty={
        <EmptyState icon={Activity} title={t("runs.none")}>
          {t("runs.noneWhy")}
        </EmptyState>
      }
      columns={[
        {
          id: "plan",
          header: planId === undefined ? t("runs.plan") : t("runs.run"),
          width: "minmax(12rem, 2fr)",
          cell: (row) => (
            <div>
              <Text size="sm" fw={600}>
                {planId === undefined ? row.planName : t("runs.number", { id: row.id })}
              </Text>
              <Text size="xs" c="dimmed">
                {planId === undefined
                  ? t("runs.headline", { id: row.id, origin: t(`runOrigin.${row.origin}`) })
                  : t(`runOrigin.${row.origin}`)}
              </Text>
            </div>
          ),
        },
        {
          id: "state",
          header: t("common.state"),
          width: "minmax(11.5rem, 1fr)",
          cell: (row) => <StateCell run={row} />,
        },
        {
          id: "started",
          header: t("runs.started"),
          width: "9rem",
          cell: (row) => <Time at={row.startedAt ?? row.queuedAt} />,
        },
        { id: "duration", header: t("runs.duration"), width: "7rem", align: "end", cell: (row) => <Took run={row} /> },
        {
          id: "files",
          header: t("progress.files"),
          width: "7rem",
          align: "end",
          from: "medium",
          cell: (row) => number(row.counters.filesDone),
        },
        {
          id: "size",
          header: t("progress.original"),
          width: "7rem",
          align: "end",
          from: "medium",
          cell: (row) => bytes(row.counters.bytesDone),
        },
        {
          id: "added",
          header: t("runs.stored"),
          width: "7rem",
          align: "end",
          from: "wide",
          cell: (row) => bytes(row.counters.storedBytes),
        },
      ]}
    />
  );
}

function Took({ run }: { run: RunSummary }) {
  const { duration } = useFormat();
  const { t } = useTranslation();
  if (!run.startedAt || !run.endedAt) return "–";
  const seconds = (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000;
  return seconds < 1 ? t("units.lessThanASecond") : duration(seconds);
}

function StateCell({ run }: { run: RunSummary }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const progress = useJobProgress(run.jobId);
  const counters = progress?.counters ?? run.counters;
  const share = shareDone(counters);
  return (
    <div>
      <RunStateBadge state={run.state} />
      {run.state === "running" && share !== null && (
        <Progress value={share * 100} size="xs" mt={4} aria-label={t("progress.label", { step: run.planName })} />
      )}
      {run.counters.problemCount > 0 && run.state !== "running" && (
        <Text size="xs" c="dimmed">
          {t("runs.problems", { count: run.counters.problemCount, formatted: number(run.counters.problemCount) })}
        </Text>
      )}
    </div>
  );
}
