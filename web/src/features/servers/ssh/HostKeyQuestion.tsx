import { Alert, Button, Checkbox, Code, Group, Stack, Text } from "@mantine/core";
import { Fingerprint, ShieldAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { HostKeyShown } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { ActionButton } from "@/shared/permission";

interface HostKeyQuestionProps {
  address: string;
  shown: HostKeyShown;
  pending: boolean;
  onAccept: () => void;
  onBack: () => void;
}

/** Is it the right machine? A person compares before anything secret is sent. */
export function HostKeyQuestion({ address, shown, pending, onAccept, onBack }: HostKeyQuestionProps) {
  const { t } = useTranslation();
  const [compared, setCompared] = useState(false);
  const changed = shown.state === "changed";
  return (
    <Stack gap="md">
      <Alert
        color={changed ? "brick" : "amber"}
        icon={changed ? <ShieldAlert size={20} aria-hidden /> : <Fingerprint size={20} aria-hidden />}
        title={t(changed ? "servers.ssh.keyChanged" : "servers.ssh.keyNew", { address })}
        role={changed ? "alert" : undefined}
      >
        {t(changed ? "servers.ssh.keyChangedWhy" : "servers.ssh.keyNewWhy")}
      </Alert>
      <Facts
        columns={2}
        facts={[
          { label: t("servers.ssh.keyShown"), value: <Code>{shown.fingerprint}</Code>, note: shown.kind },
          ...(shown.accepted == null
            ? []
            : [{ label: t("servers.ssh.keyAccepted"), value: <Code>{shown.accepted}</Code> }]),
        ]}
      />
      <div>
        <Text size="sm" mb={4}>
          {t("servers.ssh.compareHow")}
        </Text>
        <Code block tabIndex={0}>
          {`ssh-keygen -lf /etc/ssh/ssh_host_${fileOf(shown.kind)}_key.pub`}
        </Code>
      </div>
      <Checkbox
        label={t("servers.ssh.compared")}
        checked={compared}
        onChange={({ currentTarget }) => setCompared(currentTarget.checked)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          {t("common.back")}
        </Button>
        <ActionButton
          permission="manageServers"
          color={changed ? "brick" : undefined}
          loading={pending}
          disabledReason={compared ? null : t("servers.ssh.compareFirst")}
          onClick={onAccept}
        >
          {t(changed ? "servers.ssh.acceptChanged" : "servers.ssh.accept")}
        </ActionButton>
      </Group>
    </Stack>
  );
}

/** `ssh-ed25519` lies in ssh_host_ed25519_key. */
function fileOf(kind: string): string {
  if (kind.startsWith("ecdsa")) return "ecdsa";
  return kind.replace(/^ssh-/, "");
}
