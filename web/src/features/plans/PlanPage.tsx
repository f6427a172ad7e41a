import { Alert, Button, Card, Code, Group, List, SimpleGrid, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Camera, CircleX, Pause, Pencil, Play, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { listOf } from "@/features/listOf";
import { useRetentionSentence } from "@/features/retention/useRetentionSentence";
import { RunTable } from "@/features/runs/RunTable";
import { NextRuns } from "@/features/schedule/NextRuns";
import { TextLink } from "@/features/TextLink";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { showError, showSuccess } from "@/shared/notify";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ProtectionBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { PlanStrip } from "./PlanStrip";
import { planQuery, planWriteOf, useDeletePlan, useSavePlan } from "./queries";
import { RunNowButton } from "./RunNowButton";

export function PlanPage() {
  const id = useIdParam("planId");
  const plan = useQuery(planQuery(id));
  if (plan.error) return <ErrorState error={plan.error} onRetry={() => void plan.refetch()} />;
  if (!plan.data) return <PageSkeleton />;
  return <PlanDetails plan={plan.data} />;
}

function PlanDetails({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [deleting, remove] = useDisclosure(false);
  const save = useSavePlan(plan);
  const destroy = useDeletePlan();
  const kept = useRetentionSentence(plan.retention ?? null);
  const pause = () =>
    save.mutate(
      { ...planWriteOf(plan), enabled: !plan.enabled },
      { onSuccess: () => showSuccess(t(plan.enabled ? "plans.paused" : "plans.resumed")), onError: showError },
    );

  return (
    <Page
      title={plan.name}
      back={{ to: "/plans", label: t("nav.plans") }}
      mark={<ProtectionBadge state={plan.protection} size="md" />}
      description={
        <>
          <TextLink to={`/servers/${plan.serverId}`}>{plan.serverName}</TextLink> →{" "}
          <TextLink to={`/repositories/${plan.repositoryId}`}>{plan.repositoryName}</TextLink>
        </>
      }
      actions={
        <>
          <Button
            component={Link}
            to="/snapshots"
            {...listOf({ planId: plan.id })}
            variant="default"
            leftSection={<Camera size={16} aria-hidden />}
          >
            {t("nav.snapshots")}
          </Button>
          <ActionButton
            permission="managePlans"
            variant="default"
            leftSection={plan.enabled ? <Pause size={16} aria-hidden /> : <Play size={16} aria-hidden />}
            loading={save.isPending}
            onClick={pause}
          >
            {t(plan.enabled ? "plans.pause" : "plans.resume")}
          </ActionButton>
          <ActionButton
            permission="managePlans"
            variant="default"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={remove.open}
          >
            {t("common.delete")}
          </ActionButton>
          <ActionButton
            permission="managePlans"
            variant="default"
            leftSection={<Pencil size={16} aria-hidden />}
            onClick={() => void navigate({ to: `/plans/${plan.id}/edit` })}
          >
            {t("common.edit")}
          </ActionButton>
          <RunNowButton plan={plan} variant="filled" />
        </>
      }
    >
      {plan.protection === "failed" && plan.lastRun && (
        <Alert color="brick" icon={<CircleX size={20} aria-hidden />} title={t("plans.lastFailed")}>
          <Text size="sm">{plan.lastRun.message}</Text>
          {plan.lastRun.hint && (
            <Text size="sm" fw={600}>
              {t("runs.next")} {plan.lastRun.hint}
            </Text>
          )}
          <Button component={Link} to={`/runs/${plan.lastRun.id}`} size="compact-sm" variant="default" mt="xs">
            {t("plans.seeRun")}
          </Button>
        </Alert>
      )}
      <Card>
        <Group justify="space-between" mb="xs">
          <Title order={2}>{t("plans.strip.title")}</Title>
          <Text size="sm" c="dimmed">
            {t("plans.lastSuccess")} <Time at={plan.lastSuccessAt} missing={t("common.never")} />
          </Text>
        </Group>
        <PlanStrip days={plan.strip} name={plan.name} />
      </Card>
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        <Card>
          <Title order={2} mb="sm">
            {t("plans.what")}
          </Title>
          <List size="sm" listStyleType="none" withPadding={false} spacing={4}>
            {plan.sources.folders.map((folder) => (
              <List.Item key={folder}>
                <Code style={{ overflowWrap: "anywhere" }}>{folder}</Code>
              </List.Item>
            ))}
          </List>
          {plan.sources.excludes.length > 0 && (
            <Text size="sm" c="dimmed" mt="sm" style={{ overflowWrap: "anywhere" }}>
              {t("plans.without", { patterns: plan.sources.excludes.join(", ") })}
            </Text>
          )}
        </Card>
        <Card>
          <Title order={2} mb="sm">
            {t("plans.when")}
          </Title>
          {plan.schedule ? (
            <NextRuns cron={plan.schedule.cron} timeZone={plan.schedule.timeZone} />
          ) : (
            <Text size="sm">{t("plans.onlyByHand")}</Text>
          )}
        </Card>
        <Card>
          <Title order={2} mb="sm">
            {t("plans.kept")}
          </Title>
          <Text size="sm">{kept}</Text>
          <Text size="sm" c="dimmed" mt="sm">
            {t(plan.verifyAfterRun ? "plans.verifies" : "plans.verifiesNot")}
          </Text>
        </Card>
      </SimpleGrid>
      <section aria-labelledby="plan-runs">
        <Title order={2} id="plan-runs" mb="sm">
          {t("nav.runs")}
        </Title>
        <RunTable planId={plan.id} />
      </section>
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("plans.deleteTitle", { name: plan.name })}
        action={t("common.delete")}
        typeName={plan.name}
        pending={destroy.isPending}
        onConfirm={() => destroy.mutate(plan, { onSuccess: () => void navigate({ to: "/plans" }) })}
      >
        {t("plans.deleteWhat")}
      </ConfirmDialog>
    </Page>
  );
}
