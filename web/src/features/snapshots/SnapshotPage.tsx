import { Alert, Button, Card, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArchiveRestore, CircleX, FileWarning, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Snapshot, SnapshotEntry } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { JobPanel } from "@/features/jobs/JobPanel";
import { TextLink } from "@/features/TextLink";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { FileBrowser } from "./FileBrowser";
import { snapshotQuery, useDeleteSnapshot } from "./queries";
import { RestoreDialog } from "./RestoreDialog";
import { SnapshotMarks } from "./SnapshotMarks";

export function SnapshotPage() {
  const id = useIdParam("snapshotId");
  const snapshot = useQuery(snapshotQuery(id));
  if (snapshot.error) return <ErrorState error={snapshot.error} onRetry={() => void snapshot.refetch()} />;
  if (!snapshot.data) return <PageSkeleton />;
  return <SnapshotDetails snapshot={snapshot.data} />;
}

function SnapshotDetails({ snapshot }: { snapshot: Snapshot }) {
  const { t } = useTranslation();
  const { bytes, number, dateTime } = useFormat();
  const [restoring, restore] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [chosen, setChosen] = useState<SnapshotEntry[]>([]);
  const [jobId, setJobId] = useState<number | null>(null);
  const destroy = useDeleteSnapshot();
  const start = (entries: SnapshotEntry[]) => {
    setChosen(entries);
    restore.open();
  };
  const title = snapshot.planName ?? snapshot.hostName;

  return (
    <Page
      title={t("snapshots.titleOf", { name: title, date: dateTime(snapshot.takenAt) })}
      back={{ to: "/snapshots", label: t("nav.snapshots") }}
      mark={<SnapshotMarks snapshot={snapshot} size="md" />}
      description={
        <>
          <Text span ff="monospace" size="sm">
            {snapshot.shortHash}
          </Text>
          {" · "}
          <Time at={snapshot.takenAt} /> ·{" "}
          <TextLink to={`/repositories/${snapshot.repositoryId}`}>{snapshot.repositoryName}</TextLink>
        </>
      }
      actions={
        <>
          <ActionButton
            permission="manageStorage"
            variant="default"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={remove.open}
          >
            {t("common.delete")}
          </ActionButton>
          <ActionButton
            permission="restore"
            leftSection={<ArchiveRestore size={16} aria-hidden />}
            onClick={() => start([])}
          >
            {t("restore.everything")}
          </ActionButton>
        </>
      }
    >
      {snapshot.damaged && (
        <Alert color="brick" icon={<CircleX size={20} aria-hidden />} title={t("snapshots.damagedTitle")}>
          {t("snapshots.damagedHint")}
        </Alert>
      )}
      {snapshot.incomplete && (
        <Alert color="amber" icon={<FileWarning size={20} aria-hidden />} title={t("snapshots.incompleteTitle")}>
          {snapshot.runId != null && (
            <Button component={Link} to={`/runs/${snapshot.runId}`} size="compact-sm" variant="default" mt={4}>
              {t("snapshots.whatIsMissing")}
            </Button>
          )}
        </Alert>
      )}
      {jobId !== null && <JobPanel jobId={jobId} onClose={() => setJobId(null)} />}
      <Card>
        <Facts
          columns={5}
          facts={[
            { label: t("progress.files"), value: snapshot.files == null ? "–" : number(snapshot.files) },
            { label: t("snapshots.size"), value: snapshot.sizeBytes == null ? "–" : bytes(snapshot.sizeBytes) },
            { label: t("snapshots.added"), value: snapshot.addedBytes == null ? "–" : bytes(snapshot.addedBytes) },
            { label: t("snapshots.verifiedAt"), value: <Time at={snapshot.verifiedAt} missing={t("common.never")} /> },
            { label: t("snapshots.host"), value: snapshot.hostName, note: snapshot.program },
          ]}
        />
      </Card>
      <FileBrowser snapshot={snapshot} onRestore={start} />
      <RestoreDialog snapshot={snapshot} entries={chosen} opened={restoring} onClose={restore.close} />
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("snapshots.deleteTitle")}
        action={t("common.delete")}
        typeName={snapshot.shortHash}
        pending={destroy.isPending}
        onConfirm={() =>
          destroy.mutate(snapshot.id, {
            onSuccess: (accepted) => {
              setJobId(accepted.jobId);
              remove.close();
            },
          })
        }
      >
        {t("snapshots.deleteWhat", { name: title, date: dateTime(snapshot.takenAt) })}
      </ConfirmDialog>
    </Page>
  );
}
