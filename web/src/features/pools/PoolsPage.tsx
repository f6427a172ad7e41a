import { Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { HardDrive, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Pool } from "@/api/types";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { PoolStateBadge } from "@/shared/StatusBadge";
import { EmptyState, ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { CapacityBar } from "./CapacityBar";
import { PoolForm } from "./PoolForm";
import classes from "./PoolsPage.module.css";
import { poolIcon } from "./place";
import { poolChoicesQuery } from "./queries";

export function PoolsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const pools = useQuery(poolChoicesQuery());
  const [opened, { open, close }] = useDisclosure(false);
  const add = (
    <ActionButton permission="manageStorage" leftSection={<Plus size={16} aria-hidden />} onClick={open}>
      {t("pools.create")}
    </ActionButton>
  );
  return (
    <Page title={t("nav.pools")} description={t("pools.description")} actions={add}>
      {pools.isPending && <PageSkeleton />}
      {pools.error && <ErrorState error={pools.error} onRetry={() => void pools.refetch()} />}
      {pools.data?.items.length === 0 && (
        <Card>
          <EmptyState icon={HardDrive} title={t("pools.none")} action={add}>
            {t("pools.noneWhy")}
          </EmptyState>
        </Card>
      )}
      {pools.data && pools.data.items.length > 0 && (
        <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} component="ul" className={classes.list}>
          {pools.data.items.map((pool) => (
            <PoolCard key={pool.id} pool={pool} />
          ))}
        </SimpleGrid>
      )}
      <PoolForm opened={opened} onClose={close} onSaved={(pool) => void navigate({ to: `/pools/${pool.id}` })} />
    </Page>
  );
}

function PoolCard({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const Icon = poolIcon(pool.kind);
  return (
    <Card component="li" className={classes.card}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <Icon size={22} aria-hidden className={classes.icon} />
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h3">
              <Link to={`/pools/${pool.id}`} className={classes.link}>
                {pool.name}
              </Link>
            </Title>
            <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
              {pool.location}
            </Text>
          </div>
        </Group>
        <PoolStateBadge state={pool.state} />
      </Group>
      {pool.stateMessage && pool.state !== "reachable" && (
        <Text size="sm" c="var(--rp-failed)" mt="sm">
          {pool.stateMessage}
        </Text>
      )}
      <div className={classes.bar}>
        <CapacityBar usedBytes={pool.usedBytes} capacityBytes={pool.capacityBytes} freeBytes={pool.freeBytes} />
      </div>
      <Group justify="space-between" mt="sm" gap="xs">
        <Text size="xs" c="dimmed">
          {t("pools.repositories", { count: pool.repositoryCount })}
        </Text>
        <Text size="xs" c="dimmed">
          {pool.analysedAt ? t("pools.analysed") : t("pools.notAnalysed")}{" "}
          {pool.analysedAt && <Time at={pool.analysedAt} />}
        </Text>
      </Group>
    </Card>
  );
}
