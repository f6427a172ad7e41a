import { Card, Group, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ListChecks, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/types";
import { useCronInWords } from "@/features/schedule/describe";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ProtectionBadge } from "@/shared/StatusBadge";
import { EmptyState, ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { PlanStrip } from "./PlanStrip";
import classes from "./PlansPage.module.css";
import { planChoicesQuery } from "./queries";
import { RunNowButton } from "./RunNowButton";

export function PlansPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const plans = useQuery(planChoicesQuery());
  const add = (
    <ActionButton
      permission="managePlans"
      leftSection={<Plus size={16} aria-hidden />}
      onClick={() => void navigate({ to: "/plans/new" })}
    >
      {t("plans.create")}
    </ActionButton>
  );
  return (
    <Page title={t("nav.plans")} description={t("plans.description")} actions={add}>
      {plans.isPending && <PageSkeleton />}
      {plans.error && <ErrorState error={plans.error} onRetry={() => void plans.refetch()} />}
      {plans.data?.items.length === 0 && (
        <Card>
          <EmptyState icon={ListChecks} title={t("plans.none")} action={add}>
            {t("plans.noneWhy")}
          </EmptyState>
        </Card>
      )}
      {plans.data && plans.data.items.length > 0 && <PlanList plans={plans.data.items} />}
    </Page>
  );
}

/** Plans with their last thirty days; also on the dashboard. */
export function PlanList({ plans }: { plans: Plan[] }) {
  return (
    <ul className={classes.list}>
      {plans.map((plan) => (
        <PlanRow key={plan.id} plan={plan} />
      ))}
    </ul>
  );
}

function PlanRow({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const words = useCronInWords(plan.schedule?.cron);
  return (
    <Card component="li" className={classes.plan} padding="md">
      <div className={classes.name}>
        <Title order={2} size="h3">
          <Link to={`/plans/${plan.id}`} className={classes.link}>
            {plan.name}
          </Link>
        </Title>
        <Text size="xs" c="dimmed">
          {plan.serverName} → {plan.repositoryName}
        </Text>
        <Text size="xs" c="dimmed">
          {plan.schedule ? cronLine(words, plan.schedule.cron) : t("schedule.kind.manual")}
        </Text>
      </div>
      <div className={classes.state}>
        <ProtectionBadge state={plan.protection} />
      </div>
      <div className={classes.strip}>
        <PlanStrip days={plan.strip} name={plan.name} />
        <Group justify="space-between" gap={4} mt={4}>
          <Text size="xs" c="dimmed">
            {t("plans.strip.oldest", { count: plan.strip.length })}
          </Text>
          <Text size="xs" c="dimmed">
            {t("common.today")}
          </Text>
        </Group>
      </div>
      <dl className={classes.times}>
        <div>
          <dt>{t("plans.lastSuccess")}</dt>
          <dd>
            <Time at={plan.lastSuccessAt} missing={t("common.never")} />
          </dd>
        </div>
        <div>
          <dt>{t("plans.nextRun")}</dt>
          <dd>
            <Time at={plan.nextRunAt} missing={plan.enabled ? t("plans.byHand") : t("protection.paused")} />
          </dd>
        </div>
      </dl>
      <div className={classes.action}>
        <RunNowButton plan={plan} />
      </div>
    </Card>
  );
}

/** Nothing for the moment until the words are here: an expression that turns into a sentence makes the page flicker. */
function cronLine(words: string | null | undefined, cron: string): string {
  return words === undefined ? "\u00a0" : (words ?? cron);
}
