import { Group, Text } from "@mantine/core";
import { Database, KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Repository } from "@/api/types";
import { useFormat } from "@/shared/format";
import { type ListQuery, ListView } from "@/shared/list/ListView";
import { StatusBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { CheckBadge } from "./CheckBadge";

const fetchRepositories = (query: ListQuery, signal: AbortSignal) =>
  ask(api.GET("/api/repositories", { params: { query }, signal }));

/** Repositories, of all pools or of one. */
export function RepositoryTable({ poolId, action }: { poolId?: number; action?: ReactNode }) {
  const { t } = useTranslation();
  const { bytes, number } = useFormat();
  return (
    <ListView<Repository>
      label={t("nav.repositories")}
      queryKey={["repositories"]}
      fetchPage={fetchRepositories}
      rowKey={(row) => row.id}
      rowLink={(row) => `/repositories/${row.id}`}
      searchIn={t("common.name")}
      fixed={poolId === undefined ? undefined : { poolId }}
      empty={
        <EmptyState icon={Database} title={t("repositories.none")} action={action}>
          {t("repositories.noneWhy")}
        </EmptyState>
      }
      columns={[
        {
          id: "name",
          header: t("common.name"),
          width: "minmax(12rem, 2fr)",
          cell: (row) => (
            <div>
              <Text size="sm" fw={600}>
                {row.name}
              </Text>
              <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {row.path}
              </Text>
            </div>
          ),
        },
        {
          id: "state",
          header: t("repositories.checked"),
          width: "minmax(11rem, 1.2fr)",
          cell: (row) => (
            <Group gap={6}>
              <CheckBadge repository={row} />
              {!row.recoveryKitConfirmed && (
                <StatusBadge face={{ tone: "warning", icon: KeyRound }} label={t("repositories.kit.missing")} />
              )}
            </Group>
          ),
        },
        {
          id: "snapshots",
          header: t("nav.snapshots"),
          align: "end",
          width: "10rem",
          cell: (row) => number(row.snapshotCount),
        },
        {
          id: "stored",
          header: t("repositories.stored"),
          align: "end",
          width: "8rem",
          cell: (row) => bytes(row.storedBytes),
        },
        {
          id: "created",
          header: t("repositories.created"),
          width: "9rem",
          from: "wide",
          cell: (row) => <Time at={row.createdAt} />,
        },
      ]}
    />
  );
}
