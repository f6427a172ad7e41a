import { Alert, Card, Group, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleX, Pencil, RefreshCw, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Pool } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { RepositoryTable } from "@/features/repositories/RepositoryTable";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { showSuccess } from "@/shared/notify";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { PoolStateBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { CapacityBar } from "./CapacityBar";
import { PoolForm } from "./form/PoolForm";
import { poolHistoryQuery, poolQuery, useAnalysePool, useDeletePool } from "./queries";
import { StorageGrowth } from "./StorageGrowth";

export function PoolPage() {
  const id = useIdParam("poolId");
  const pool = useQuery(poolQuery(id));
  if (pool.error) return <ErrorState error={pool.error} onRetry={() => void pool.refetch()} />;
  if (!pool.data) return <PageSkeleton />;
  return <PoolDetails pool={pool.data} />;
}

function PoolDetails({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const analyse = useAnalysePool();
  const [editing, edit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const navigate = useNavigate();
  const destroy = useDeletePool();
  const inUse = pool.repositoryCount > 0 ? t("pools.inUse", { count: pool.repositoryCount }) : null;

  return (
    <Page
      title={pool.name}
      back={{ to: "/pools", label: t("nav.pools") }}
      mark={<PoolStateBadge state={pool.state} size="md" />}
      description={
        <Text span ff="monospace" size="sm">
          {pool.location}
        </Text>
      }
      actions={
        <>
          <ActionButton
            permission="manageStorage"
            variant="default"
            leftSection={<RefreshCw size={16} aria-hidden />}
            loading={analyse.isPending}
            onClick={() => analyse.mutate(pool.id, { onSuccess: () => showSuccess(t("pools.analysing")) })}
          >
            {t("pools.analyse")}
          </ActionButton>
          <ActionButton
            permission="manageStorage"
            variant="default"
            leftSection={<Pencil size={16} aria-hidden />}
            onClick={edit.open}
          >
            {t("common.edit")}
          </ActionButton>
          <ActionButton
            permission="manageStorage"
            variant="default"
            leftSection={<Trash2 size={16} aria-hidden />}
            disabledReason={inUse}
            onClick={remove.open}
          >
            {t("common.delete")}
          </ActionButton>
        </>
      }
    >
      {pool.state === "unreachable" && (
        <Alert color="brick" icon={<CircleX size={18} aria-hidden />} title={t("pools.unreachable")}>
          {pool.stateMessage} {t("pools.unreachableHint")}
        </Alert>
      )}
      <Card>
        <Facts
          facts={[
            { label: t("pools.fact.kind"), value: t(`pools.kind.${pool.kind}`) },
            { label: t("pools.fact.used"), value: bytes(pool.usedBytes) },
            { label: t("pools.fact.repositories"), value: pool.repositoryCount },
            { label: t("pools.fact.analysed"), value: <Time at={pool.analysedAt} missing={t("common.never")} /> },
          ]}
        />
        <div style={{ marginTop: "1.25rem" }}>
          <CapacityBar usedBytes={pool.usedBytes} capacityBytes={pool.capacityBytes} freeBytes={pool.freeBytes} />
        </div>
      </Card>
      <Growth pool={pool} />
      <section aria-labelledby="pool-repositories">
        <Group justify="space-between" mb="sm">
          <Title order={2} id="pool-repositories">
            {t("nav.repositories")}
          </Title>
        </Group>
        <RepositoryTable poolId={pool.id} />
      </section>
      <PoolForm opened={editing} onClose={edit.close} existing={pool} onSaved={() => showSuccess(t("common.saved"))} />
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("pools.deleteTitle", { name: pool.name })}
        action={t("common.delete")}
        typeName={pool.name}
        pending={destroy.isPending}
        onConfirm={() => destroy.mutate(pool, { onSuccess: () => void navigate({ to: "/pools" }) })}
      >
        {t("pools.deleteWhat")}
      </ConfirmDialog>
    </Page>
  );
}

function Growth({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const history = useQuery(poolHistoryQuery(pool.id));
  const points = history.data ?? [];
  return (
    <Card>
      <Title order={2} mb="md">
        {t("pools.growth.title")}
      </Title>
      {history.error && <ErrorState error={history.error} onRetry={() => void history.refetch()} />}
      {history.data && points.length < 2 && (
        <Text size="sm" c="dimmed">
          {t("pools.growth.tooEarly")}
        </Text>
      )}
      {points.length > 1 && <StorageGrowth series={[{ name: pool.name, points }]} height={260} />}
    </Card>
  );
}
