import { Alert, Button, Checkbox, Group, List, NativeSelect, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { FolderSearch, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Overwrite, RestoreRequest, Snapshot, SnapshotEntry } from "@/api/types";
import { JobBody } from "@/features/jobs/JobPanel";
import { JobFigures } from "@/features/jobs/JobResult";
import { isOver, jobQuery } from "@/features/jobs/queries";
import { Refusal } from "@/features/Refusal";
import { FolderDialog } from "@/features/servers/FolderDialog";
import { serverSource } from "@/features/servers/queries";
import { TextLink } from "@/features/TextLink";
import { ChoiceSelect } from "@/shared/choice/ChoiceSelect";
import { ActionButton } from "@/shared/permission";
import { Steps } from "@/shared/Steps";
import { WideDialog } from "@/shared/WideDialog";
import { decodePath } from "./entryPath";
import { useRestore } from "./queries";

interface RestoreDialogProps {
  snapshot: Snapshot;
  /** Empty: everything. */
  entries: SnapshotEntry[];
  opened: boolean;
  onClose: () => void;
}

/** Choose, see what would happen, restore, read the report: in this order. */
export function RestoreDialog({ snapshot, entries, opened, onClose }: RestoreDialogProps) {
  const { t } = useTranslation();
  return (
    <WideDialog opened={opened} onClose={onClose} size="xl" title={t("restore.title")}>
      <RestoreSteps snapshot={snapshot} entries={entries} onClose={onClose} />
    </WideDialog>
  );
}

type RestoreStepsProps = Omit<RestoreDialogProps, "opened">;

function RestoreSteps({ snapshot, entries, onClose }: RestoreStepsProps) {
  const { t } = useTranslation();
  const [request, setRequest] = useState<RestoreRequest>({
    paths: entries.map((entry) => entry.path),
    serverId: null,
    target: "",
    overwrite: "ifChanged",
    delete: false,
    dryRun: true,
    verify: true,
  });
  const [planJob, setPlanJob] = useState<number | null>(null);
  const [restoreJob, setRestoreJob] = useState<number | null>(null);
  const restore = useRestore(snapshot.id);
  const step = restoreJob !== null ? 2 : planJob !== null ? 1 : 0;
  const ask = (dryRun: boolean, onAccepted: (jobId: number) => void) =>
    restore.mutate({ ...request, dryRun }, { onSuccess: ({ jobId }) => onAccepted(jobId) });

  return (
    <Stack gap="lg">
      <Steps names={[t("restore.step.options"), t("restore.step.plan"), t("restore.step.restore")]} step={step} />
      {step === 0 && (
        <>
          <Options snapshot={snapshot} entries={entries} request={request} onChange={setRequest} />
          <Refusal error={restore.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <ActionButton
              permission="restore"
              loading={restore.isPending}
              disabledReason={
                request.target === ""
                  ? t("restore.targetMissing")
                  : request.target?.startsWith("/") === false
                    ? t("form.absolutePath")
                    : null
              }
              onClick={() => ask(true, setPlanJob)}
            >
              {t("restore.showPlan")}
            </ActionButton>
          </Group>
        </>
      )}
      {step === 1 && planJob !== null && (
        <Planned
          jobId={planJob}
          request={request}
          pending={restore.isPending}
          error={restore.error}
          onBack={() => setPlanJob(null)}
          onRestore={() => ask(false, setRestoreJob)}
        />
      )}
      {step === 2 && restoreJob !== null && <Restoring jobId={restoreJob} onClose={onClose} />}
    </Stack>
  );
}

interface OptionsProps {
  snapshot: Snapshot;
  entries: SnapshotEntry[];
  request: RestoreRequest;
  onChange: (request: RestoreRequest) => void;
}

const OVERWRITES: Overwrite[] = ["ifChanged", "ifNewer", "never", "always"];

function Options({ snapshot, entries, request, onChange }: OptionsProps) {
  const { t } = useTranslation();
  const [browsing, browse] = useDisclosure(false);
  const inPlace = request.target === null;
  const serverId = request.serverId ?? snapshot.serverId ?? null;
  return (
    <Stack gap="md">
      <div>
        <Text size="sm" fw={550}>
          {t("restore.what")}
        </Text>
        {entries.length === 0 ? (
          <Text size="sm">{t("restore.wholeSnapshot", { paths: snapshot.paths.join(", ") })}</Text>
        ) : (
          <List size="sm" ff="monospace">
            {entries.slice(0, 6).map((entry) => (
              <List.Item key={entry.path} style={{ overflowWrap: "anywhere" }}>
                {decodePath(entry.path)}
              </List.Item>
            ))}
            {entries.length > 6 && <List.Item>{t("restore.andMore", { count: entries.length - 6 })}</List.Item>}
          </List>
        )}
      </div>
      <Radio.Group
        label={t("restore.where")}
        value={inPlace ? "place" : "folder"}
        onChange={(value) => onChange({ ...request, target: value === "place" ? null : "" })}
      >
        <Stack gap="xs" mt={6}>
          <Radio value="folder" label={t("restore.toFolder")} description={t("restore.toFolderWhy")} />
          <Radio value="place" label={t("restore.toPlace")} description={t("restore.toPlaceWhy")} />
        </Stack>
      </Radio.Group>
      <ChoiceSelect
        source={serverSource}
        label={t("restore.server")}
        description={t("restore.serverWhy")}
        value={serverId}
        onChange={(id) => onChange({ ...request, serverId: id })}
      />
      {!inPlace && (
        <Group align="flex-end" gap="xs">
          <TextInput
            label={t("restore.target")}
            placeholder="/srv/restored"
            withAsterisk
            spellCheck={false}
            style={{ flex: "1 1 240px" }}
            value={request.target ?? ""}
            onChange={({ currentTarget }) => onChange({ ...request, target: currentTarget.value })}
          />
          {serverId !== null && (
            <Button variant="default" leftSection={<FolderSearch size={16} aria-hidden />} onClick={browse.open}>
              {t("plans.form.browse")}
            </Button>
          )}
        </Group>
      )}
      <NativeSelect
        label={t("restore.overwrite")}
        description={t(`restore.overwriteWhy.${request.overwrite}`)}
        value={request.overwrite}
        onChange={({ currentTarget }) => onChange({ ...request, overwrite: currentTarget.value as Overwrite })}
        data={OVERWRITES.map((value) => ({ value, label: t(`restore.overwriteKind.${value}`) }))}
      />
      <Checkbox
        label={t("restore.verify")}
        description={t("restore.verifyWhy")}
        checked={request.verify}
        onChange={({ currentTarget }) => onChange({ ...request, verify: currentTarget.checked })}
      />
      <Checkbox
        label={t("restore.delete")}
        description={t("restore.deleteWhy")}
        checked={request.delete}
        onChange={({ currentTarget }) => onChange({ ...request, delete: currentTarget.checked })}
      />
      {serverId !== null && (
        <FolderDialog
          serverId={serverId}
          opened={browsing}
          onClose={browse.close}
          onChosen={(target) => onChange({ ...request, target })}
        />
      )}
    </Stack>
  );
}

interface PlannedProps {
  jobId: number;
  request: RestoreRequest;
  pending: boolean;
  error: Error | null;
  onBack: () => void;
  onRestore: () => void;
}

function Planned({ jobId, request, pending, error, onBack, onRestore }: PlannedProps) {
  const { t } = useTranslation();
  const job = useQuery(jobQuery(jobId)).data;
  const ready = job !== undefined && isOver(job.state);
  const good = job?.state === "succeeded" || job?.state === "warning";
  return (
    <Stack gap="md">
      <Text size="sm">{ready ? t("restore.planReady") : t("restore.planning")}</Text>
      {job && (good ? <JobFigures job={job} /> : <JobBody job={job} />)}
      {good && (request.target === null || request.delete) && (
        <Alert color="amber" icon={<TriangleAlert size={18} aria-hidden />} title={t("restore.careful")}>
          {request.target === null && <Text size="sm">{t("restore.carefulPlace")}</Text>}
          {request.delete && <Text size="sm">{t("restore.carefulDelete")}</Text>}
        </Alert>
      )}
      <Refusal error={error} />
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          {t("common.back")}
        </Button>
        <ActionButton
          permission="restore"
          color={request.delete ? "brick" : undefined}
          loading={pending}
          disabledReason={good ? null : ready ? t("restore.planFailed") : t("restore.planning")}
          onClick={onRestore}
        >
          {t("restore.now")}
        </ActionButton>
      </Group>
    </Stack>
  );
}

function Restoring({ jobId, onClose }: { jobId: number; onClose: () => void }) {
  const { t } = useTranslation();
  const job = useQuery(jobQuery(jobId)).data;
  const over = job !== undefined && isOver(job.state);
  return (
    <Stack gap="md" aria-live="polite">
      {job && <JobBody job={job} />}
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {over ? <TextLink to={`/jobs/${jobId}`}>{t("restore.report")}</TextLink> : t("restore.goesOn")}
        </Text>
        <Button variant={over ? "filled" : "default"} onClick={onClose}>
          {t("common.close")}
        </Button>
      </Group>
    </Stack>
  );
}
