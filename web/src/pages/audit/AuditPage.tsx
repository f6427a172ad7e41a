import { Text } from "@mantine/core";
import { Bot, CircleCheck, CircleX, ScrollText, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { AuditEntry } from "@/api/types";
import type { Column } from "@/shared/list/columns";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { StatusBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import styles from "./AuditPage.module.css";

/** What the server does by itself is written down under this name. */
const SYSTEM_ACTOR = "system";

export function AuditPage() {
  const { t } = useTranslation();
  const columns: Column<AuditEntry>[] = [
    {
      id: "action",
      header: t("audit.action"),
      width: "minmax(13rem, 1.8fr)",
      cell: (entry) => (
        <div>
          <Text size="sm" fw={560}>
            {t(`auditAction.${entry.action}` as "auditAction.auth.login", { defaultValue: entry.action })}
          </Text>
          <Text size="xs" c="dimmed">
            <span className="mono">{entry.action}</span>
            {entry.detail && ` · ${entry.detail}`}
          </Text>
        </div>
      ),
    },
    {
      id: "actor",
      header: t("audit.actor"),
      cell: (entry) => {
        const system = entry.actor === SYSTEM_ACTOR;
        const Icon = system ? Bot : UserRound;
        return (
          <span className={styles.actor}>
            <Icon size={15} aria-hidden />
            {system ? t("audit.system") : entry.actor}
          </span>
        );
      },
    },
    { id: "object", header: t("audit.object"), width: "minmax(10rem, 1.4fr)", cell: (entry) => objectOf(entry) ?? "–" },
    {
      id: "outcome",
      header: t("audit.outcome"),
      width: "minmax(7rem, 0.8fr)",
      cell: (entry) =>
        entry.succeeded ? (
          <StatusBadge face={{ tone: "ok", icon: CircleCheck }} label={t("audit.succeeded")} />
        ) : (
          <StatusBadge face={{ tone: "failed", icon: CircleX }} label={t("audit.refused")} />
        ),
    },
    { id: "address", header: t("audit.address"), from: "medium", cell: (entry) => entry.address ?? "–" },
    { id: "at", header: t("audit.at"), width: "minmax(10rem, 1fr)", cell: (entry) => <Time at={entry.at} absolute /> },
  ];
  return (
    <Page title={t("nav.audit")} description={t("audit.description")}>
      <ListView
        label={t("nav.audit")}
        queryKey={["audit"]}
        fetchPage={(query, signal) => ask(api.GET("/api/audit", { params: { query }, signal }))}
        columns={columns}
        rowKey={(entry) => entry.id}
        searchIn={t("audit.searchIn")}
        empty={
          <EmptyState icon={ScrollText} title={t("audit.emptyTitle")}>
            {t("audit.emptyText")}
          </EmptyState>
        }
      />
    </Page>
  );
}

function objectOf(entry: AuditEntry): string | null {
  if (entry.objectName) return entry.objectName;
  if (entry.objectId == null) return null;
  return entry.objectKind ? `${entry.objectKind} ${entry.objectId}` : String(entry.objectId);
}
