import { Anchor, Button, Card, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Server as ServerIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Pool, Repository, Retention, Schedule, Server } from "@/api/types";
import { NEW_PLAN } from "@/features/plans/form/values";
import { PoolFormBody } from "@/features/pools/form/PoolForm";
import { poolSource } from "@/features/pools/queries";
import { Refusal } from "@/features/Refusal";
import { RecoveryKitSteps } from "@/features/repositories/RecoveryKitSteps";
import { RetentionField } from "@/features/retention/RetentionField";
import { ScheduleField } from "@/features/schedule/ScheduleField";
import { FolderField } from "@/features/servers/FolderField";
import { localServerQuery } from "@/features/servers/queries";
import { TextLink } from "@/features/TextLink";
import { useChoices } from "@/shared/choice/useChoices";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { Steps } from "@/shared/Steps";
import { EmptyState } from "@/shared/states";
import { FirstRun } from "./FirstRun";
import { PoolChoice } from "./PoolChoice";
import { useBegin } from "./useBegin";

const STEPS = ["folders", "where", "when", "kit", "run"] as const;

/** From nothing to a recovery point that was read back: one page, five steps. */
export function FirstStepsPage() {
  const { t } = useTranslation();
  const server = useQuery(localServerQuery());
  const pools = useChoices(poolSource, "", null);
  return (
    <Page title={t("firstSteps.title")} description={t("firstSteps.description")} narrow>
      <Refusal
        error={server.error ?? pools.error}
        onRetry={() => void Promise.all([server.refetch(), pools.refetch()])}
      />
      {server.data && pools.items && <Way server={server.data} pools={pools.items} />}
      {server.data === null && (
        <Card>
          <EmptyState icon={ServerIcon} title={t("servers.none")}>
            {t("servers.noneWhy")}
          </EmptyState>
        </Card>
      )}
      {(server.isPending || (server.data && !pools.items && !pools.error)) && <PageSkeleton />}
    </Page>
  );
}

function Way({ server, pools }: { server: Server; pools: Pool[] }) {
  const { t } = useTranslation();
  const [step, setStep] = useState(0);
  const [folders, setFolders] = useState<string[]>([]);
  const [poolId, setPoolId] = useState<number | null>(null);
  const [makingPool, setMakingPool] = useState(false);
  const [schedule, setSchedule] = useState<Schedule | null>(NEW_PLAN.schedule);
  const [retention, setRetention] = useState<Retention | null>(NEW_PLAN.retention);
  const [repository, setRepository] = useState<Repository | null>(null);
  const [runId, setRunId] = useState<number | null>(null);
  const begin = useBegin(server, {
    onRepository: (made) => {
      setRepository(made);
      setStep(3);
    },
    onRun: setRunId,
  });
  const chosenPool = poolId ?? pools[0]?.id ?? null;
  const confirmed = () => {
    if (repository) begin.run(repository, { folders, schedule, retention });
    setStep(4);
  };

  return (
    <Stack gap="lg">
      <Steps names={STEPS.map((name) => t(`firstSteps.step.${name}`))} step={step} />
      <Card padding="xl">
        {step === 0 && (
          <Stack gap="lg">
            <FolderField serverId={server.id} value={folders} onChange={setFolders} />
            <Group gap="xs">
              <Text size="sm" c="dimmed">
                {t("firstSteps.suggested")}
              </Text>
              {["/etc", "/home", "/srv", "/var/lib"].map((path) => (
                <Button
                  key={path}
                  size="compact-sm"
                  variant="default"
                  ff="monospace"
                  disabled={folders.includes(path)}
                  onClick={() => setFolders([...new Set([...folders, path])].sort())}
                >
                  {path}
                </Button>
              ))}
            </Group>
            <Footer onNext={() => setStep(1)} refusal={folders.length === 0 ? t("plans.form.foldersMissing") : null} />
          </Stack>
        )}
        {step === 1 &&
          (makingPool || pools.length === 0 ? (
            <PoolFormBody
              onClose={() => setMakingPool(false)}
              onSaved={(made) => {
                setPoolId(made.id);
                setMakingPool(false);
              }}
            />
          ) : (
            <Stack gap="lg">
              <PoolChoice pools={pools} value={chosenPool} onChange={setPoolId} onAdd={() => setMakingPool(true)} />
              <Footer
                onBack={() => setStep(0)}
                onNext={() => setStep(2)}
                refusal={chosenPool !== null ? null : t("firstSteps.poolMissing")}
              />
            </Stack>
          ))}
        {step === 2 && (
          <Stack gap="lg">
            <ScheduleField value={schedule} onChange={setSchedule} />
            <RetentionField value={retention} onChange={setRetention} />
            <Refusal error={begin.error} />
            <Footer
              onBack={() => setStep(1)}
              pending={begin.pending}
              onNext={() => {
                if (repository) setStep(3);
                else if (chosenPool !== null) begin.makeRepository(chosenPool);
              }}
            />
          </Stack>
        )}
        {step === 3 && repository && (
          <Stack gap="md">
            <RecoveryKitSteps repository={repository} onConfirmed={confirmed} />
            <Text size="sm" c="dimmed">
              {t("repositories.kit.laterWhy")}{" "}
              <Anchor component="button" type="button" size="sm" onClick={confirmed}>
                {t("repositories.kit.later")}
              </Anchor>
            </Text>
          </Stack>
        )}
        {step === 4 && (
          <Stack gap="md">
            <Refusal error={begin.error} onRetry={confirmed} />
            {runId !== null ? <FirstRun runId={runId} /> : !begin.error && <PageSkeleton />}
          </Stack>
        )}
      </Card>
      {step < 4 && (
        <Text size="sm" c="dimmed" ta="center">
          {t("firstSteps.expert")} <TextLink to="/plans/new">{t("firstSteps.expertLink")}</TextLink>
        </Text>
      )}
    </Stack>
  );
}

interface FooterProps {
  onBack?: () => void;
  onNext: () => void;
  refusal?: string | null;
  pending?: boolean;
}

function Footer({ onBack, onNext, refusal, pending }: FooterProps) {
  const { t } = useTranslation();
  return (
    <Group justify={onBack ? "space-between" : "flex-end"}>
      {onBack && (
        <Button variant="default" onClick={onBack}>
          {t("common.back")}
        </Button>
      )}
      <ActionButton disabledReason={refusal} loading={pending} onClick={onNext}>
        {t("common.continue")}
      </ActionButton>
    </Group>
  );
}
