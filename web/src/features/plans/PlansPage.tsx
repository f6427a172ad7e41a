import { Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { ListChecks, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Plan } from "@/api/types";
import { repositorySource } from "@/features/repositories/queries";
import { serverSource } from "@/features/servers/queries";
import type { Column } from "@/shared/list/columns";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ProtectionBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { PlanStrip } from "./PlanStrip";
import { RunNowButton } from "./RunNowButton";
import { ScheduleLine } from "./ScheduleLine";

export function PlansPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const add = (
    <ActionButton
      permission="managePlans"
      leftSection={<Plus size={16} aria-hidden />}
      onClick={() => void navigate({ to: "/plans/new" })}
    >
      {t("plans.create")}
    </ActionButton>
  );
  const columns: Column<Plan>[] = [
    {
      id: "name",
      header: t("common.name"),
      width: "minmax(12rem, 1.6fr)",
      cell: (plan) => (
        <div>
          <Text size="sm" fw={600}>
            {plan.name}
          </Text>
          <Text size="xs" c="dimmed">
            {plan.serverName} → {plan.repositoryName}
          </Text>
          <Text size="xs" c="dimmed">
            <ScheduleLine plan={plan} />
          </Text>
        </div>
      ),
    },
    {
      id: "state",
      header: t("common.state"),
      width: "11.5rem",
      cell: (plan) => <ProtectionBadge state={plan.protection} />,
    },
    {
      id: "strip",
      header: t("plans.strip.title"),
      width: "minmax(11rem, 1.4fr)",
      from: "medium",
      cell: (plan) => (
        <div data-above>
          <PlanStrip days={plan.strip} name={plan.name} />
        </div>
      ),
    },
    {
      id: "lastSuccess",
      header: t("plans.lastSuccess"),
      width: "8.5rem",
      cell: (plan) => <Time at={plan.lastSuccessAt} missing={t("common.never")} />,
    },
    {
      id: "nextRun",
      header: t("plans.nextRun"),
      width: "8.5rem",
      cell: (plan) => <Time at={plan.nextRunAt} missing={plan.enabled ? t("plans.byHand") : t("protection.paused")} />,
    },
    {
      id: "run",
      header: t("common.actions"),
      hideHeader: true,
      width: "9.5rem",
      align: "end",
      cell: (plan) => <RunNowButton plan={plan} />,
    },
  ];
  return (
    <Page title={t("nav.plans")} description={t("plans.description")} actions={add}>
      <ListView<Plan>
        label={t("nav.plans")}
        queryKey={["plans"]}
        fetchPage={(query, signal) => ask(api.GET("/api/plans", { params: { query }, signal }))}
        rowKey={(plan) => plan.id}
        rowLink={(plan) => `/plans/${plan.id}`}
        searchIn={t("common.name")}
        filters={[
          { id: "serverId", label: t("plans.form.server"), source: serverSource },
          { id: "repositoryId", label: t("plans.form.repository"), source: repositorySource },
        ]}
        columns={columns}
        empty={
          <EmptyState icon={ListChecks} title={t("plans.none")} action={add}>
            {t("plans.noneWhy")}
          </EmptyState>
        }
      />
    </Page>
  );
}
