import {
  ActionIcon,
  Alert,
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  Modal,
  NativeSelect,
  NumberInput,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  Tooltip,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Copy, KeyRound, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ClientMode, Repository, RestClient, RestClientCreated } from "@/api/types";
import { useMay } from "@/app/session";
import { fieldRefusal, Refusal } from "@/features/Refusal";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useFormat } from "@/shared/format";
import { ActionButton } from "@/shared/permission";
import { Time } from "@/shared/Time";
import { clientsQuery, useCreateClient, useDeleteClient } from "./queries";

const GIB = 1024 ** 3;

/** Machines that write with plain restic, each with a name and a password of its own. */
export function ClientsCard({ repository }: { repository: Repository }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const may = useMay("manageStorage");
  const clients = useQuery(clientsQuery(repository.id));
  const [opened, { open, close }] = useDisclosure(false);
  const [leaving, setLeaving] = useState<RestClient | null>(null);
  const remove = useDeleteClient(repository.id);
  const items = clients.data ?? [];
  return (
    <Card>
      <Group justify="space-between" align="flex-start" mb="sm">
        <div>
          <Title order={2}>{t("clients.title")}</Title>
          <Text size="sm" c="dimmed" maw="40rem">
            {t("clients.why")}
          </Text>
        </div>
        <ActionButton
          permission="manageStorage"
          variant="default"
          leftSection={<Plus size={16} aria-hidden />}
          onClick={open}
        >
          {t("clients.add")}
        </ActionButton>
      </Group>
      <Refusal error={clients.error} onRetry={() => void clients.refetch()} />
      {clients.data && items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("clients.none")}
        </Text>
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={520} tabIndex={0}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("clients.username")}</Table.Th>
                <Table.Th>{t("clients.mode")}</Table.Th>
                <Table.Th>{t("clients.quota")}</Table.Th>
                <Table.Th>{t("clients.lastUsed")}</Table.Th>
                <Table.Th aria-label={t("common.actions")} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((client) => (
                <Table.Tr key={client.id}>
                  <Table.Td fw={550}>{client.username}</Table.Td>
                  <Table.Td>{t(`clients.modes.${client.mode}`)}</Table.Td>
                  <Table.Td>{client.quotaBytes == null ? t("clients.noQuota") : bytes(client.quotaBytes)}</Table.Td>
                  <Table.Td>
                    <Time at={client.lastUsedAt} missing={t("common.never")} />
                  </Table.Td>
                  <Table.Td ta="end">
                    {may && (
                      <Tooltip label={t("clients.remove", { name: client.username })}>
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          aria-label={t("clients.remove", { name: client.username })}
                          onClick={() => setLeaving(client)}
                        >
                          <Trash2 size={16} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal opened={opened} onClose={close} title={t("clients.add")} closeOnClickOutside={false}>
        {opened && <ClientForm repository={repository} onDone={close} />}
      </Modal>
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title={t("clients.remove", { name: leaving?.username ?? "" })}
        action={t("common.remove")}
        pending={remove.isPending}
        onConfirm={() => leaving && remove.mutate(leaving.id, { onSuccess: () => setLeaving(null) })}
      >
        {t("clients.removeWhat")}
      </ConfirmDialog>
    </Card>
  );
}

function ClientForm({ repository, onDone }: { repository: Repository; onDone: () => void }) {
  const { t } = useTranslation();
  const create = useCreateClient(repository.id);
  const [username, setUsername] = useState("");
  const [mode, setMode] = useState<ClientMode>("appendOnly");
  const [quotaGib, setQuotaGib] = useState<number | string>("");
  const [complained, setComplained] = useState(false);
  if (create.data) return <ClientSecret created={create.data} onDone={onDone} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (username.trim() === "") {
      setComplained(true);
      return;
    }
    create.mutate({
      username: username.trim(),
      mode,
      quotaBytes: typeof quotaGib === "number" ? Math.round(quotaGib * GIB) : null,
    });
  };
  const nameError = fieldRefusal(create.error, "username");
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label={t("clients.username")}
          withAsterisk
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          value={username}
          error={nameError ?? (complained && username.trim() === "" ? t("form.required") : null)}
          onChange={({ currentTarget }) => setUsername(currentTarget.value)}
        />
        <NativeSelect
          label={t("clients.mode")}
          description={t(`clients.modesWhy.${mode}`)}
          value={mode}
          onChange={({ currentTarget }) => setMode(currentTarget.value as ClientMode)}
          data={(["appendOnly", "full"] as const).map((value) => ({ value, label: t(`clients.modes.${value}`) }))}
        />
        <NumberInput
          label={t("clients.quotaGib")}
          description={t("clients.quotaWhy")}
          min={1}
          value={quotaGib}
          onChange={setQuotaGib}
        />
        {!nameError && <Refusal error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("common.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function ClientSecret({ created, onDone }: { created: RestClientCreated; onDone: () => void }) {
  const { t } = useTranslation();
  const commands = `export RESTIC_REPOSITORY='${created.repositoryUrl}'\nrestic snapshots\nrestic backup /home`;
  return (
    <Stack gap="md">
      <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("secret.once")}>
        {t("secret.onceHint")}
      </Alert>
      <Secret label={t("clients.password")} value={created.password} />
      <Secret label={t("clients.url")} value={created.repositoryUrl} />
      <Secret label={t("clients.commands")} value={commands} />
      <Text size="sm" c="dimmed">
        {t("clients.repositoryPassword")}
      </Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t("clients.kept")}</Button>
      </Group>
    </Stack>
  );
}

function Secret({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={550}>
          {label}
        </Text>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="subtle" leftSection={<Copy size={14} aria-hidden />} onClick={copy}>
              {copied ? t("common.copied") : t("common.copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {value}
      </Code>
    </div>
  );
}
