import { Card, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { Facts } from "@/shared/Facts";
import { LogView } from "@/shared/LogView";
import { Page, PageSkeleton } from "@/shared/Page";
import { JobStateBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { JobBody } from "./JobPanel";
import { isOver, jobQuery, useJobLog } from "./queries";

export function JobPage() {
  const id = useIdParam("jobId");
  const job = useQuery(jobQuery(id));
  if (job.error) return <ErrorState error={job.error} onRetry={() => void job.refetch()} />;
  if (!job.data) return <PageSkeleton />;
  return <JobDetails job={job.data} />;
}

function JobDetails({ job }: { job: Job }) {
  const { t } = useTranslation();
  const log = useJobLog(job.id);
  return (
    <Page
      title={`${t(`jobKind.${job.kind}`)} #${job.id}`}
      back={{ to: "/jobs", label: t("nav.jobs") }}
      mark={<JobStateBadge state={job.state} size="md" />}
      description={job.title}
    >
      <Stack gap="md" aria-live="polite">
        {isOver(job.state) ? (
          <Card>
            <JobBody job={job} />
          </Card>
        ) : (
          <JobBody job={job} />
        )}
      </Stack>
      <Card>
        <Facts
          facts={[
            { label: t("jobs.queued"), value: <Time at={job.queuedAt} absolute /> },
            { label: t("runs.started"), value: <Time at={job.startedAt} absolute /> },
            { label: t("jobs.ended"), value: <Time at={job.endedAt} absolute /> },
            {
              label: t("jobs.worker"),
              value: job.worker ?? "–",
              note: t("jobs.attemptOf", { attempt: job.attempt, most: job.maxAttempts }),
            },
          ]}
        />
      </Card>
      <Card>
        <Title order={2} mb="sm">
          {t("log.title")}
        </Title>
        <LogView lines={log.data ?? []} live={!isOver(job.state)} fileName={`rempart-job-${job.id}`} />
      </Card>
    </Page>
  );
}
