import { ActionIcon, Card, Group, Modal, Table, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Repository, RestClient } from "@/api/types";
import { useMay } from "@/app/session";
import { Refusal } from "@/features/Refusal";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { useFormat } from "@/shared/format";
import { ListSearch, NothingFound, useListText } from "@/shared/list/ListSearch";
import { MorePages } from "@/shared/list/MorePages";
import { ActionButton } from "@/shared/permission";
import { Time } from "@/shared/Time";
import { ClientForm } from "./ClientForm";
import { useClients, useDeleteClient } from "./queries";

/** Machines that write with plain restic, each with a name and a password of its own. */
export function ClientsCard({ repository }: { repository: Repository }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const may = useMay("manageStorage");
  const search = useListText();
  const { query, items, total } = useClients(repository.id, search.q);
  const [opened, { open, close }] = useDisclosure(false);
  const [leaving, setLeaving] = useState<RestClient | null>(null);
  const remove = useDeleteClient(repository.id);
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
      <Refusal error={query.error} onRetry={() => void query.refetch()} />
      <ListSearch search={search} total={total} searchIn={t("clients.title")} />
      {items?.length === 0 && search.q === "" && (
        <Text size="sm" c="dimmed">
          {t("clients.none")}
        </Text>
      )}
      {items && items.length > 0 && (
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
      <NothingFound items={items} q={search.q} />
      <MorePages query={query} total={total} />
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
