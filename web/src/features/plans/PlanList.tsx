import { Card, Group, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/types";
import { ProtectionBadge } from "@/shared/StatusBadge";
import { Time } from "@/shared/Time";
import classes from "./PlanList.module.css";
import { PlanStrip } from "./PlanStrip";
import { RunNowButton } from "./RunNowButton";
import { ScheduleLine } from "./ScheduleLine";

/** Plans as cards, with their last thirty days: a few of them, on the dashboard. */
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
          <ScheduleLine plan={plan} />
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
