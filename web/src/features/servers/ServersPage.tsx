import { Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { CircleArrowUp, Monitor, Plus, Server as ServerIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Page as PageOf, Server } from "@/api/types";
import { useFormat } from "@/shared/format";
import type { Column } from "@/shared/list/columns";
import { type ListQuery, ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ConnectionBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { AddServer } from "./AddServer";
import { LastSeen } from "./LastSeen";

/** This machine first: it is the one that is there from the beginning. The rest stays in the server's order. */
async function fetchServers(query: ListQuery, signal: AbortSignal): Promise<PageOf<Server>> {
  const page = await ask(api.GET("/api/servers", { params: { query }, signal }));
  return { ...page, items: [...page.items].sort((a, b) => Number(b.local) - Number(a.local)) };
}

export function ServersPage() {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [opened, { open, close }] = useDisclosure(false);
  const columns: Column<Server>[] = [
    {
      id: "name",
      header: t("common.name"),
      width: "minmax(13rem, 2fr)",
      cell: (server) => <NameCell server={server} />,
    },
    {
      id: "state",
      header: t("common.state"),
      width: "minmax(8rem, 1fr)",
      cell: (server) => <StateCell server={server} />,
    },
    {
      id: "os",
      header: t("servers.os"),
      width: "minmax(10rem, 1.4fr)",
      from: "medium",
      cell: (server) => server.os ?? "–",
    },
    {
      id: "plans",
      header: t("nav.plans"),
      width: "6rem",
      align: "end",
      cell: (server) => number(server.planCount),
    },
    {
      id: "roundTrip",
      header: t("servers.roundTrip"),
      width: "7.5rem",
      align: "end",
      from: "medium",
      cell: ({ agent }) =>
        agent?.roundTripMs == null ? "–" : t("units.milliseconds", { formatted: number(agent.roundTripMs, 1) }),
    },
    {
      id: "lastSeen",
      header: t("servers.lastSeen"),
      width: "10rem",
      cell: (server) => <LastSeen server={server} />,
    },
  ];
  return (
    <Page
      title={t("nav.servers")}
      description={t("servers.description")}
      actions={
        <ActionButton permission="manageServers" leftSection={<Plus size={16} aria-hidden />} onClick={open}>
          {t("servers.add")}
        </ActionButton>
      }
    >
      <ListView<Server>
        label={t("nav.servers")}
        queryKey={["servers"]}
        fetchPage={fetchServers}
        rowKey={(server) => server.id}
        rowLink={(server) => `/servers/${server.id}`}
        searchIn={t("common.name")}
        columns={columns}
        empty={
          <EmptyState icon={ServerIcon} title={t("servers.none")}>
            {t("servers.noneWhy")}
          </EmptyState>
        }
      />
      <AddServer opened={opened} onClose={close} />
    </Page>
  );
}

function StateCell({ server }: { server: Server }) {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      <ConnectionBadge state={server.connection} />
      {server.agent?.upgradeAvailable === true && (
        <Group gap={4} wrap="nowrap" c="var(--rp-link)">
          <CircleArrowUp size={14} aria-hidden style={{ flex: "none" }} />
          <Text size="xs">{t("servers.upgradeAvailable")}</Text>
        </Group>
      )}
    </Group>
  );
}

function NameCell({ server }: { server: Server }) {
  const { t } = useTranslation();
  const Icon = server.local ? Monitor : ServerIcon;
  return (
    <Group gap="sm" wrap="nowrap">
      <Icon size={20} aria-hidden color="var(--rp-copper)" style={{ flex: "none" }} />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={600}>
          {server.name}
        </Text>
        <Text size="xs" c="dimmed">
          {server.local ? t("servers.thisMachine") : (server.address ?? server.hostName)}
        </Text>
      </div>
    </Group>
  );
}
