import { Alert, Button, Card, Menu, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Camera,
  ChevronDown,
  CircleX,
  Eraser,
  KeyRound,
  LockOpen,
  RefreshCw,
  ScanSearch,
  ShieldCheck,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Repository } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { JobPanel } from "@/features/jobs/JobPanel";
import { listOf } from "@/features/listOf";
import { TextLink } from "@/features/TextLink";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { showSuccess } from "@/shared/notify";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton, useRefusal } from "@/shared/permission";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { CheckBadge } from "./CheckBadge";
import { ClientsCard } from "./ClientsCard";
import {
  type RepositoryWork,
  repositoryQuery,
  useDeleteRepository,
  useRepositoryWork,
  useUnlockRepository,
} from "./queries";
import { RecoveryKitDialog } from "./RecoveryKitSteps";

export function RepositoryPage() {
  const id = useIdParam("repositoryId");
  const repository = useQuery(repositoryQuery(id));
  if (repository.error) return <ErrorState error={repository.error} onRetry={() => void repository.refetch()} />;
  if (!repository.data) return <PageSkeleton />;
  return <RepositoryDetails repository={repository.data} />;
}

function RepositoryDetails({ repository }: { repository: Repository }) {
  const { t } = useTranslation();
  const { bytes, number } = useFormat();
  const navigate = useNavigate();
  const work = useRepositoryWork(repository.id);
  const destroy = useDeleteRepository();
  const [jobId, setJobId] = useState<number | null>(null);
  const [kitOpened, kit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [pruning, prune] = useDisclosure(false);
  const refusal = useRefusal("manageStorage");
  const kitRefusal = useRefusal("recoveryKit");
  // It is handed out once: after that the server does not show it again.
  const noKit = repository.recoveryKitConfirmed ? t("repositories.kit.handedOut") : kitRefusal;
  const unlock = useUnlockRepository(repository.id);
  const removeLocks = () =>
    unlock.mutate(undefined, {
      onSuccess: ({ removed, left }) =>
        showSuccess(
          t("repositories.unlocked", { count: removed }),
          left > 0 ? t("repositories.locksLeft", { count: left }) : "",
        ),
    });
  const start = (what: RepositoryWork) => work.mutate(what, { onSuccess: (accepted) => setJobId(accepted.jobId) });

  return (
    <Page
      title={repository.name}
      back={{ to: "/repositories", label: t("nav.repositories") }}
      mark={<CheckBadge repository={repository} size="md" />}
      description={repository.path}
      actions={
        <>
          <Button
            component={Link}
            to="/snapshots"
            {...listOf({ repositoryId: repository.id })}
            variant="default"
            leftSection={<Camera size={16} aria-hidden />}
          >
            {t("nav.snapshots")}
          </Button>
          {refusal ? (
            <ActionButton permission="manageStorage" variant="default">
              {t("repositories.maintain")}
            </ActionButton>
          ) : (
            <Menu position="bottom-end" width={320}>
              <Menu.Target>
                <Button rightSection={<ChevronDown size={16} aria-hidden />} loading={work.isPending}>
                  {t("repositories.maintain")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <WorkItem icon={ShieldCheck} work="check" onStart={() => start("check")} />
                <WorkItem icon={ScanSearch} work="readCheck" onStart={() => start("readCheck")} />
                <WorkItem icon={RefreshCw} work="refresh" onStart={() => start("refresh")} />
                <WorkItem icon={Eraser} work="prune" onStart={prune.open} />
                <WorkItem icon={LockOpen} work="unlock" onStart={removeLocks} />
                <Menu.Divider />
                <Menu.Item
                  leftSection={<KeyRound size={16} aria-hidden />}
                  disabled={noKit !== null}
                  onClick={kit.open}
                >
                  <Text size="sm">{t("repositories.kit.again")}</Text>
                  {noKit !== null && (
                    <Text size="xs" c="dimmed">
                      {noKit}
                    </Text>
                  )}
                </Menu.Item>
                <Menu.Item c="var(--rp-failed)" leftSection={<Trash2 size={16} aria-hidden />} onClick={remove.open}>
                  {t("repositories.delete")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </>
      }
    >
      {!repository.recoveryKitConfirmed && (
        <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("repositories.kit.missing")}>
          <Text size="sm" mb="xs">
            {t("repositories.kit.missingWhy")}
          </Text>
          <ActionButton permission="recoveryKit" size="compact-sm" onClick={kit.open}>
            {t("repositories.kit.get")}
          </ActionButton>
        </Alert>
      )}
      {repository.checkOk === false && (
        <Alert color="brick" icon={<CircleX size={18} aria-hidden />} title={t("repositories.check.damagedTitle")}>
          <Text size="sm" ff="monospace">
            {repository.checkMessage}
          </Text>
          <Text size="sm" mt="xs">
            {t("repositories.check.damagedHint")}
          </Text>
        </Alert>
      )}
      {jobId !== null && <JobPanel jobId={jobId} onClose={() => setJobId(null)} />}
      <Card>
        <Facts
          facts={[
            { label: t("nav.snapshots"), value: number(repository.snapshotCount) },
            { label: t("repositories.stored"), value: bytes(repository.storedBytes) },
            {
              label: t("repositories.checkedAt"),
              value: <Time at={repository.checkedAt} missing={t("common.never")} />,
            },
            { label: t("repositories.created"), value: <Time at={repository.createdAt} absolute /> },
            {
              label: t("repositories.pool"),
              value: <TextLink to={`/pools/${repository.poolId}`}>{repository.poolName}</TextLink>,
            },
            { label: t("repositories.server"), value: repository.serverName ?? "–" },
            {
              label: t("repositories.location"),
              value: (
                <Text span ff="monospace" size="sm">
                  {repository.location}
                </Text>
              ),
            },
            {
              label: t("repositories.identity"),
              value: (
                <Text span ff="monospace" size="sm">
                  {repository.repositoryUuid?.slice(0, 16) ?? "–"}
                </Text>
              ),
            },
          ]}
        />
      </Card>
      <ClientsCard repository={repository} />
      <Card>
        <Title order={2} mb="xs">
          {t("repositories.openFormat")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("repositories.openFormatWhy")}
        </Text>
      </Card>
      <RecoveryKitDialog repository={repository} opened={kitOpened} onClose={kit.close} />
      <ConfirmDialog
        opened={pruning}
        onClose={prune.close}
        danger={false}
        title={t("repositories.work.prune")}
        action={t("repositories.pruneNow")}
        onConfirm={() => {
          prune.close();
          start("prune");
        }}
      >
        {t("repositories.pruneWhat")}
      </ConfirmDialog>
      <ConfirmDialog
        opened={deleting}
        onClose={remove.close}
        title={t("repositories.deleteTitle", { name: repository.name })}
        action={t("common.remove")}
        typeName={repository.name}
        pending={destroy.isPending}
        onConfirm={() => destroy.mutate(repository, { onSuccess: () => void navigate({ to: "/repositories" }) })}
      >
        {t("repositories.deleteWhat")}
      </ConfirmDialog>
    </Page>
  );
}

interface WorkItemProps {
  icon: typeof ShieldCheck;
  work: RepositoryWork | "unlock";
  onStart: () => void;
}

function WorkItem({ icon: Icon, work, onStart }: WorkItemProps) {
  const { t } = useTranslation();
  return (
    <Menu.Item leftSection={<Icon size={16} aria-hidden />} onClick={onStart}>
      <Text size="sm">{t(`repositories.work.${work}`)}</Text>
      <Text size="xs" c="dimmed">
        {t(`repositories.workWhy.${work}`)}
      </Text>
    </Menu.Item>
  );
}
