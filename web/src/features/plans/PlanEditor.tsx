import {
  Accordion,
  Alert,
  Anchor,
  Button,
  Card,
  Checkbox,
  Group,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { HardDrive, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { isStale } from "@/api/errors";
import type { CompressionLevel, Plan, PlanWrite } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { fieldRefusal, Refusal } from "@/features/Refusal";
import { repositoryChoicesQuery } from "@/features/repositories/queries";
import { RepositoryForm } from "@/features/repositories/RepositoryForm";
import { RetentionField } from "@/features/retention/RetentionField";
import { RETENTION_PRESETS } from "@/features/retention/sentence";
import { ScheduleField } from "@/features/schedule/ScheduleField";
import { browserTimeZone } from "@/features/schedule/zone";
import { FolderField } from "@/features/servers/FolderField";
import { serverChoicesQuery } from "@/features/servers/queries";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ErrorState } from "@/shared/states";
import { planQuery, planWriteOf, useSavePlan } from "./queries";

/** What a new plan is before a person changes it: daily, kept for a year, proven after each run. */
export const NEW_PLAN: PlanWrite = {
  name: "",
  serverId: 0,
  repositoryId: 0,
  enabled: true,
  sources: { folders: [], excludes: [], excludeCaches: true, oneFileSystem: false, excludeLargerThanBytes: null },
  schedule: { cron: "30 2 * * *", timeZone: browserTimeZone(), missed: "catchUp" },
  retention: RETENTION_PRESETS.standard,
  compression: "auto",
  tags: [],
  priority: 0,
  maxRetries: 2,
  verifyAfterRun: true,
};

export function EditPlanPage() {
  const id = useIdParam("planId");
  const plan = useQuery({ ...planQuery(id), staleTime: 0 });
  if (plan.error) return <ErrorState error={plan.error} onRetry={() => void plan.refetch()} />;
  if (!plan.data) return <PageSkeleton />;
  // Made anew when somebody else's change was loaded: its version is what will be checked.
  return <PlanEditor key={plan.data.version} existing={plan.data} start={planWriteOf(plan.data)} />;
}

/** May be opened with a server and folders chosen on its page: `?serverId=1&folders=["/etc"]`. */
export function NewPlanPage() {
  const search: object = useSearch({ strict: false });
  const serverId: unknown = Reflect.get(search, "serverId");
  const folders: unknown = Reflect.get(search, "folders");
  const start: PlanWrite = {
    ...NEW_PLAN,
    serverId: typeof serverId === "number" ? serverId : 0,
    sources: {
      ...NEW_PLAN.sources,
      folders: Array.isArray(folders) ? folders.filter((folder): folder is string => typeof folder === "string") : [],
    },
  };
  return <PlanEditor existing={null} start={start} />;
}

function PlanEditor({ existing, start }: { existing: Plan | null; start: PlanWrite }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const servers = useQuery(serverChoicesQuery()).data?.items ?? [];
  const [draft, setDraft] = useState(start);
  const [complained, setComplained] = useState(false);
  const save = useSavePlan(existing);
  const change = (part: Partial<PlanWrite>) => setDraft((before) => ({ ...before, ...part }));
  const changeSources = (part: Partial<PlanWrite["sources"]>) => change({ sources: { ...draft.sources, ...part } });
  const serverId = draft.serverId || servers[0]?.id || null;
  const back = existing ? `/plans/${existing.id}` : "/plans";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const complete =
      draft.name.trim() !== "" && draft.sources.folders.length > 0 && draft.repositoryId > 0 && serverId !== null;
    setComplained(!complete);
    if (!complete) return;
    save.mutate(
      { ...draft, name: draft.name.trim(), serverId },
      { onSuccess: (plan) => void navigate({ to: `/plans/${plan.id}` }) },
    );
  };
  const inField = ["name", "sources.folders", "folders", "cron", "schedule.cron", "repositoryId"].some((field) =>
    fieldRefusal(save.error, field),
  );

  return (
    <Page
      title={existing ? t("plans.edit", { name: existing.name }) : t("plans.create")}
      back={{ to: back, label: existing?.name ?? t("nav.plans") }}
      narrow
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Card>
            <Section title={t("plans.what")} why={t("plans.form.whatWhy")} />
            <Stack gap="md">
              <TextInput
                label={t("common.name")}
                placeholder={t("plans.form.nameExample")}
                withAsterisk
                maxLength={100}
                value={draft.name}
                error={
                  fieldRefusal(save.error, "name") ??
                  (complained && draft.name.trim() === "" ? t("form.required") : null)
                }
                onChange={({ currentTarget }) => change({ name: currentTarget.value })}
              />
              <NativeSelect
                label={t("plans.form.server")}
                value={String(serverId ?? "")}
                disabled={existing !== null}
                description={existing ? t("plans.form.serverFixed") : undefined}
                onChange={({ currentTarget }) => change({ serverId: Number(currentTarget.value) })}
                data={servers.map((server) => ({
                  value: String(server.id),
                  label: server.local ? t("plans.form.thisMachine", { name: server.name }) : server.name,
                }))}
              />
              <FolderField
                serverId={serverId}
                value={draft.sources.folders}
                onChange={(folders) => changeSources({ folders })}
                error={
                  fieldRefusal(save.error, "sources.folders") ??
                  fieldRefusal(save.error, "folders") ??
                  (complained && draft.sources.folders.length === 0 ? t("plans.form.foldersMissing") : null)
                }
              />
              <TagsInput
                label={t("plans.form.excludes")}
                description={t("plans.form.excludesWhy")}
                placeholder="*.tmp"
                splitChars={[",", ";", "\n"]}
                value={draft.sources.excludes}
                onChange={(excludes) => changeSources({ excludes })}
              />
            </Stack>
          </Card>
          <Card>
            <Section title={t("plans.where")} why={t("plans.form.whereWhy")} />
            <RepositoryChoice
              value={draft.repositoryId}
              onChange={(repositoryId) => change({ repositoryId })}
              error={
                fieldRefusal(save.error, "repositoryId") ??
                (complained && !draft.repositoryId ? t("plans.form.repositoryMissing") : null)
              }
            />
          </Card>
          <Card>
            <Section title={t("plans.when")} />
            <ScheduleField
              value={draft.schedule ?? null}
              onChange={(schedule) => change({ schedule })}
              error={fieldRefusal(save.error, "cron") ?? fieldRefusal(save.error, "schedule.cron")}
            />
          </Card>
          <Card>
            <Section title={t("plans.kept")} />
            <RetentionField value={draft.retention ?? null} onChange={(retention) => change({ retention })} />
          </Card>
          <Accordion variant="contained" radius="lg">
            <Accordion.Item value="options">
              <Accordion.Control>{t("plans.form.options")}</Accordion.Control>
              <Accordion.Panel>
                <Options draft={draft} onChange={change} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {save.error && isStale(save.error) && (
            <Alert color="amber" title={t("errors.stale")}>
              <Anchor component="button" type="button" onClick={() => window.location.reload()}>
                {t("plans.form.reload")}
              </Anchor>
            </Alert>
          )}
          {save.error && !isStale(save.error) && !inField && <Refusal error={save.error} />}
          {complained && (
            <Text size="sm" c="var(--rp-failed)" role="alert">
              {t("plans.form.incomplete")}
            </Text>
          )}
          <Group justify="flex-end">
            <Button component={Link} to={back} variant="default">
              {t("common.cancel")}
            </Button>
            <ActionButton type="submit" permission="managePlans" loading={save.isPending}>
              {existing ? t("common.save") : t("plans.create")}
            </ActionButton>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}

function Section({ title, why }: { title: string; why?: string }) {
  return (
    <div style={{ marginBottom: "0.9rem" }}>
      <Title order={2}>{title}</Title>
      {why && (
        <Text size="sm" c="dimmed">
          {why}
        </Text>
      )}
    </div>
  );
}

function RepositoryChoice({
  value,
  onChange,
  error,
}: {
  value: number;
  onChange: (id: number) => void;
  error: string | null;
}) {
  const { t } = useTranslation();
  const repositories = useQuery(repositoryChoicesQuery());
  const [opened, { open, close }] = useDisclosure(false);
  const items = repositories.data?.items ?? [];
  return (
    <>
      {repositories.data && items.length === 0 ? (
        <Alert
          icon={<HardDrive size={18} aria-hidden />}
          color={error ? "brick" : "iris"}
          title={t("plans.form.noRepository")}
        >
          <ActionButton
            permission="manageStorage"
            size="compact-sm"
            mt="xs"
            leftSection={<Plus size={16} aria-hidden />}
            onClick={open}
          >
            {t("repositories.create")}
          </ActionButton>
          {error && (
            <Text size="sm" mt="xs">
              {error}
            </Text>
          )}
        </Alert>
      ) : (
        <Group align="flex-end" gap="sm">
          <NativeSelect
            style={{ flex: "1 1 260px" }}
            label={t("plans.form.repository")}
            withAsterisk
            value={value ? String(value) : ""}
            error={error}
            onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
            data={[
              { value: "", label: t("plans.form.chooseRepository"), disabled: true },
              ...items.map((item) => ({ value: String(item.id), label: `${item.name} (${item.poolName})` })),
            ]}
          />
          <ActionButton
            permission="manageStorage"
            variant="default"
            leftSection={<Plus size={16} aria-hidden />}
            onClick={open}
          >
            {t("repositories.create")}
          </ActionButton>
        </Group>
      )}
      <RepositoryForm opened={opened} onClose={close} onDone={(repository) => onChange(repository.id)} />
    </>
  );
}

const MIB = 1024 ** 2;

function Options({ draft, onChange }: { draft: PlanWrite; onChange: (part: Partial<PlanWrite>) => void }) {
  const { t } = useTranslation();
  const { sources } = draft;
  const changeSources = (part: Partial<PlanWrite["sources"]>) => onChange({ sources: { ...sources, ...part } });
  return (
    <Stack gap="md">
      <Checkbox
        label={t("plans.form.verify")}
        description={t("plans.form.verifyWhy")}
        checked={draft.verifyAfterRun}
        onChange={({ currentTarget }) => onChange({ verifyAfterRun: currentTarget.checked })}
      />
      <Checkbox
        label={t("plans.form.enabled")}
        description={t("plans.form.enabledWhy")}
        checked={draft.enabled}
        onChange={({ currentTarget }) => onChange({ enabled: currentTarget.checked })}
      />
      <Checkbox
        label={t("plans.form.excludeCaches")}
        description={t("plans.form.excludeCachesWhy")}
        checked={sources.excludeCaches}
        onChange={({ currentTarget }) => changeSources({ excludeCaches: currentTarget.checked })}
      />
      <Checkbox
        label={t("plans.form.oneFileSystem")}
        description={t("plans.form.oneFileSystemWhy")}
        checked={sources.oneFileSystem}
        onChange={({ currentTarget }) => changeSources({ oneFileSystem: currentTarget.checked })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NativeSelect
          label={t("plans.form.compression")}
          value={draft.compression}
          onChange={({ currentTarget }) => onChange({ compression: currentTarget.value as CompressionLevel })}
          data={(["auto", "fast", "max", "off"] as const).map((value) => ({
            value,
            label: t(`plans.form.compressions.${value}`),
          }))}
        />
        <NumberInput
          label={t("plans.form.largerThan")}
          description={t("plans.form.largerThanWhy")}
          min={1}
          value={sources.excludeLargerThanBytes == null ? "" : sources.excludeLargerThanBytes / MIB}
          onChange={(mib) =>
            changeSources({ excludeLargerThanBytes: typeof mib === "number" ? Math.round(mib * MIB) : null })
          }
        />
        <NumberInput
          label={t("plans.form.retries")}
          description={t("plans.form.retriesWhy")}
          min={0}
          max={10}
          value={draft.maxRetries}
          onChange={(maxRetries) => typeof maxRetries === "number" && onChange({ maxRetries })}
        />
        <NumberInput
          label={t("plans.form.priority")}
          description={t("plans.form.priorityWhy")}
          min={-10}
          max={10}
          value={draft.priority}
          onChange={(priority) => typeof priority === "number" && onChange({ priority })}
        />
      </SimpleGrid>
      <TagsInput
        label={t("plans.form.tags")}
        description={t("plans.form.tagsWhy")}
        value={draft.tags}
        onChange={(tags) => onChange({ tags })}
      />
    </Stack>
  );
}
