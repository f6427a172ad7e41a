import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ShieldPlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Dashboard, Plan } from "@/api/types";
import { useMay } from "@/app/session";
import { PlanList } from "@/features/plans/PlanList";
import { CapacityBar } from "@/features/pools/CapacityBar";
import { StorageGrowth } from "@/features/pools/StorageGrowth";
import { TextLink } from "@/features/TextLink";
import { useFormat } from "@/shared/format";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { EmptyState, ErrorState } from "@/shared/states";
import { WORST_FIRST } from "@/shared/status";
import { AlertList } from "./AlertList";
import { Answer } from "./Answer";
import { dashboardQuery } from "./queries";
import { RecentRuns, RunningRun } from "./Runs";

export function DashboardPage() {
  const { t } = useTranslation();
  const dashboard = useQuery(dashboardQuery);
  return (
    <Page title={t("nav.dashboard")}>
      {dashboard.isPending && <PageSkeleton />}
      {dashboard.error && !dashboard.data && (
        <ErrorState error={dashboard.error} onRetry={() => void dashboard.refetch()} />
      )}
      {dashboard.data && dashboard.data.protection == null && dashboard.data.alerts.length > 0 && (
        <AlertList alerts={dashboard.data.alerts} />
      )}
      {dashboard.data && (dashboard.data.protection == null ? <Nothing /> : <Overview dashboard={dashboard.data} />)}
    </Page>
  );
}

/** No plan yet: one thing to do. */
function Nothing() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("managePlans");
  return (
    <Card>
      <EmptyState
        icon={ShieldPlus}
        title={t("dashboard.nothing")}
        action={
          <ActionButton
            permission="managePlans"
            size="md"
            leftSection={<ShieldPlus size={18} aria-hidden />}
            onClick={() => void navigate({ to: "/first-steps" })}
          >
            {t("dashboard.begin")}
          </ActionButton>
        }
      >
        {may ? t("dashboard.nothingWhy") : t("dashboard.nothingViewer")}
      </EmptyState>
    </Card>
  );
}

/** A glance, not a list: that has a page of its own. */
const MOST_PLANS = 8;

/** What needs a person comes first; plans of one state stay in their order. */
function worstFirst(plans: Plan[]): Plan[] {
  const rank = (plan: Plan) => WORST_FIRST.indexOf(plan.protection);
  return [...plans].sort((a, b) => rank(a) - rank(b));
}

function Overview({ dashboard }: { dashboard: Dashboard }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const grown = dashboard.storage.filter((pool) => pool.history.length > 1);
  return (
    <>
      <Answer dashboard={dashboard} />
      {dashboard.alerts.length > 0 && <AlertList alerts={dashboard.alerts} />}
      {dashboard.running.length > 0 && (
        <section aria-labelledby="running">
          <Title order={2} id="running" mb="sm">
            {t("dashboard.running")}
          </Title>
          <Stack gap="sm">
            {dashboard.running.map((run) => (
              <RunningRun key={run.id} run={run} />
            ))}
          </Stack>
        </section>
      )}
      <section aria-labelledby="plans">
        <Group justify="space-between" mb="sm">
          <Title order={2} id="plans">
            {t("nav.plans")}
          </Title>
          <Button component={Link} to="/plans" variant="subtle" size="compact-sm">
            {t("dashboard.allPlans")}
          </Button>
        </Group>
        <PlanList plans={worstFirst(dashboard.plans).slice(0, MOST_PLANS)} />
        {dashboard.plans.length > MOST_PLANS && (
          <Text size="sm" c="dimmed" mt="xs">
            {t("dashboard.morePlans", {
              count: dashboard.plans.length - MOST_PLANS,
              formatted: number(dashboard.plans.length - MOST_PLANS),
            })}
          </Text>
        )}
      </section>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Card>
          <Title order={2} mb="md">
            {t("dashboard.storage")}
          </Title>
          {grown.length > 0 ? (
            <StorageGrowth series={grown.map((pool) => ({ name: pool.poolName, points: pool.history }))} />
          ) : (
            <Text size="sm" c="dimmed">
              {t("dashboard.storageTooEarly")}
            </Text>
          )}
          <Stack gap="md" mt="md">
            {dashboard.storage.map((pool) => (
              <div key={pool.poolId}>
                <Text size="sm" fw={550} mb={4}>
                  <TextLink to={`/pools/${pool.poolId}`}>{pool.poolName}</TextLink>
                </Text>
                <CapacityBar usedBytes={pool.usedBytes} capacityBytes={pool.capacityBytes} freeBytes={pool.freeBytes} />
              </div>
            ))}
          </Stack>
        </Card>
        <RecentRuns runs={dashboard.recent} />
      </SimpleGrid>
    </>
  );
}
