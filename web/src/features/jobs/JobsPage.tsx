import { Text } from "@mantine/core";
import { ListOrdered } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Job, JobKind, JobState } from "@/api/types";
import { useJobProgress } from "@/events/progress";
import { shareDone, useStepName } from "@/features/runs/LiveProgress";
import { useFormat } from "@/shared/format";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { JobStateBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { isWaitReason } from "./waiting";

const STATES: JobState[] = ["queued", "leased", "running", "succeeded", "warning", "failed", "canceled"];
const KINDS: JobKind[] = [
  "backup",
  "restore",
  "check",
  "verify",
  "forget",
  "prune",
  "snapshotDelete",
  "repositoryRefresh",
  "poolAnalysis",
  "agentInstall",
  "agentUpgrade",
  "agentRestart",
  "agentUninstall",
  "agentJournal",
];

/** The queue: what waits and why, what goes on and where, what is done. */
export function JobsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("nav.jobs")} description={t("jobs.description")} back={{ to: "/runs", label: t("nav.runs") }}>
      <ListView<Job>
        label={t("nav.jobs")}
        queryKey={["jobs"]}
        fetchPage={(query, signal) => ask(api.GET("/api/jobs", { params: { query }, signal }))}
        rowKey={(row) => row.id}
        rowLink={(row) => (row.runId == null ? `/jobs/${row.id}` : `/runs/${row.runId}`)}
        filters={[
          {
            id: "state",
            label: t("common.state"),
            options: STATES.map((value) => ({ value, label: t(`jobState.${value}`) })),
          },
          {
            id: "kind",
            label: t("jobs.kind"),
            options: KINDS.map((value) => ({ value, label: t(`jobKind.${value}`) })),
          },
        ]}
        empty={
          <EmptyState icon={ListOrdered} title={t("jobs.none")}>
            {t("jobs.noneWhy")}
          </EmptyState>
        }
        columns={[
          {
            id: "title",
            header: t("jobs.job"),
            width: "minmax(12rem, 2fr)",
            cell: (row) => (
              <div>
                <Text size="sm" fw={600}>
                  {t(`jobKind.${row.kind}`)}
                </Text>
                <Text size="xs" c="dimmed">
                  {row.title} · #{row.id}
                </Text>
              </div>
            ),
          },
          {
            id: "state",
            header: t("common.state"),
            width: "minmax(11rem, 1.3fr)",
            cell: (row) => <StateCell job={row} />,
          },
          { id: "worker", header: t("jobs.worker"), width: "9rem", from: "medium", cell: (row) => row.worker ?? "–" },
          { id: "queued", header: t("jobs.queued"), width: "9rem", cell: (row) => <Time at={row.queuedAt} /> },
          {
            id: "ended",
            header: t("jobs.ended"),
            width: "9rem",
            from: "medium",
            cell: (row) => <Time at={row.endedAt} />,
          },
          {
            id: "attempt",
            header: t("jobs.attempt"),
            width: "6rem",
            align: "end",
            from: "wide",
            cell: (row) => `${row.attempt} / ${row.maxAttempts}`,
          },
        ]}
      />
    </Page>
  );
}

function StateCell({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { percent } = useFormat();
  const progress = useJobProgress(job.id, job.progress);
  const step = useStepName(progress?.step ?? "");
  const share = progress ? shareDone(progress.counters) : null;
  const waitsFor = job.waitsFor;
  return (
    <div>
      <JobStateBadge state={job.state} />
      {job.state === "running" && progress && (
        <Text size="xs" c="dimmed">
          {step} {share === null ? "" : percent(share)}
        </Text>
      )}
      {job.state === "queued" && isWaitReason(waitsFor) && (
        <Text size="xs" c="dimmed">
          {t(`jobs.waitsFor.${waitsFor}`)}
        </Text>
      )}
    </div>
  );
}
