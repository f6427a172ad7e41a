import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { HostKeyShown, Server, SshLogin } from "@/api/types";
import { JobPanel } from "@/features/jobs/JobPanel";
import { isOver, jobQuery, useJobLog } from "@/features/jobs/queries";
import { Refusal } from "@/features/Refusal";
import { LogView } from "@/shared/LogView";
import { type AgentAction, reachQuery, useAgentJob, useForgetHostKey, useHostKey } from "./changes";
import { HostKeyQuestion } from "./HostKeyQuestion";
import { type SshDraft, SshForm } from "./SshForm";

interface AgentJobProps {
  server: Server;
  task: AgentAction;
  onClose: () => void;
}

/** Who comes in, whether it is the right machine, then the job with its steps. */
export function AgentJob({ server, task, onClose }: AgentJobProps) {
  const { t } = useTranslation();
  const reach = useQuery(reachQuery(server.id));
  const look = useHostKey(server.id);
  const forget = useForgetHostKey(server.id);
  const begin = useAgentJob(server.id, task);
  const [draft, setDraft] = useState<SshDraft | null>(null);
  const [question, setQuestion] = useState<HostKeyShown | null>(null);

  const start = (login: SshDraft, key: HostKeyShown | null) =>
    begin.mutate(loginOf(login, key), { onError: () => setQuestion(null) });
  const ask = (login: SshDraft) => {
    setDraft(login);
    begin.reset();
    forget.reset();
    // Nothing secret goes with this question.
    look.mutate(
      { address: login.address, port: login.port },
      { onSuccess: (shown) => (shown.state === "known" ? start(login, null) : setQuestion(shown)) },
    );
  };
  const accept = (login: SshDraft, shown: HostKeyShown) => {
    if (shown.state !== "changed") {
      start(login, shown);
      return;
    }
    forget.mutate(undefined, { onSuccess: () => start(login, shown), onError: () => setQuestion(null) });
  };

  if (reach.error) return <Refusal error={reach.error} onRetry={() => void reach.refetch()} />;
  if (!reach.data) return <Skeleton height={320} role="status" aria-label={t("common.loading")} />;
  if (begin.data) return <Begun jobId={begin.data.jobId} onClose={onClose} />;
  if (question && draft) {
    return (
      <HostKeyQuestion
        address={draft.address}
        shown={question}
        pending={begin.isPending || forget.isPending}
        onAccept={() => accept(draft, question)}
        onBack={() => setQuestion(null)}
      />
    );
  }
  return (
    <Stack gap="md">
      <Text size="sm">{t(`servers.ssh.what.${task}`)}</Text>
      <SshForm
        server={server}
        reach={reach.data}
        draft={draft}
        submit={t(`servers.ssh.do.${task}`)}
        pending={look.isPending || begin.isPending}
        refused={look.error ?? forget.error ?? begin.error}
        onSubmit={ask}
        onCancel={onClose}
      />
    </Stack>
  );
}

function loginOf(
  { password, privateKey, passphrase, sudoPassword, ...rest }: SshDraft,
  key: HostKeyShown | null,
): SshLogin {
  return {
    ...rest,
    password: password || null,
    privateKey: privateKey || null,
    passphrase: passphrase || null,
    sudoPassword: sudoPassword || null,
    hostKey: key && { fingerprint: key.fingerprint, kind: key.kind },
  };
}

/** The job on its way; what was typed is forgotten by now. */
function Begun({ jobId, onClose }: { jobId: number; onClose: () => void }) {
  const { t } = useTranslation();
  const job = useQuery(jobQuery(jobId));
  const log = useJobLog(jobId);
  const over = job.data !== undefined && isOver(job.data.state);
  return (
    <Stack gap="md">
      <JobPanel jobId={jobId} />
      <LogView lines={log.data ?? []} live={!over} fileName={`rempart-job-${jobId}`} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{t(over ? "common.done" : "common.close")}</Button>
      </Group>
    </Stack>
  );
}
