import { Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { HardDrive, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Pool } from "@/api/types";
import { useFormat } from "@/shared/format";
import type { Column } from "@/shared/list/columns";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { PoolStateBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { CapacityBar } from "./CapacityBar";
import { PoolForm } from "./form/PoolForm";
import { poolIcon } from "./place";

export function PoolsPage() {
  const { t } = useTranslation();
  const { number } = useFormat();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const add = (
    <ActionButton permission="manageStorage" leftSection={<Plus size={16} aria-hidden />} onClick={open}>
      {t("pools.create")}
    </ActionButton>
  );
  const columns: Column<Pool>[] = [
    { id: "name", header: t("common.name"), width: "minmax(13rem, 1.6fr)", cell: (pool) => <NameCell pool={pool} /> },
    {
      id: "state",
      header: t("common.state"),
      width: "minmax(9rem, 1fr)",
      cell: (pool) => <StateCell pool={pool} />,
    },
    {
      id: "capacity",
      header: t("pools.used"),
      width: "minmax(15rem, 1.8fr)",
      cell: (pool) => (
        <CapacityBar usedBytes={pool.usedBytes} capacityBytes={pool.capacityBytes} freeBytes={pool.freeBytes} />
      ),
    },
    {
      id: "repositories",
      header: t("nav.repositories"),
      width: "6.5rem",
      align: "end",
      cell: (pool) => number(pool.repositoryCount),
    },
    {
      id: "analysed",
      header: t("pools.analysed"),
      width: "8.5rem",
      from: "medium",
      cell: (pool) => <Time at={pool.analysedAt} missing={t("common.never")} />,
    },
  ];
  return (
    <Page title={t("nav.pools")} description={t("pools.description")} actions={add}>
      <ListView<Pool>
        label={t("nav.pools")}
        queryKey={["pools"]}
        fetchPage={(query, signal) => ask(api.GET("/api/pools", { params: { query }, signal }))}
        rowKey={(pool) => pool.id}
        rowLink={(pool) => `/pools/${pool.id}`}
        searchIn={t("common.name")}
        columns={columns}
        empty={
          <EmptyState icon={HardDrive} title={t("pools.none")} action={add}>
            {t("pools.noneWhy")}
          </EmptyState>
        }
      />
      <PoolForm opened={opened} onClose={close} onSaved={(pool) => void navigate({ to: `/pools/${pool.id}` })} />
    </Page>
  );
}

function NameCell({ pool }: { pool: Pool }) {
  const Icon = poolIcon(pool.kind);
  return (
    <Group gap="sm" wrap="nowrap">
      <Icon size={20} aria-hidden color="var(--rp-copper)" style={{ flex: "none" }} />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={600}>
          {pool.name}
        </Text>
        <Text size="xs" c="dimmed" ff="monospace">
          {pool.location}
        </Text>
      </div>
    </Group>
  );
}

function StateCell({ pool }: { pool: Pool }) {
  return (
    <>
      <PoolStateBadge state={pool.state} />
      {pool.stateMessage && pool.state !== "reachable" && (
        <Text size="xs" c="var(--rp-failed)" mt={4} lineClamp={2} title={pool.stateMessage}>
          {pool.stateMessage}
        </Text>
      )}
    </>
  );
}
