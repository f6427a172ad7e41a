import { Alert, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { CircleArrowUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { ActionButton } from "@/shared/permission";
import { WideDialog } from "@/shared/WideDialog";
import { AgentJob } from "./ssh/AgentJob";

/** The agent runs another program than this server has; nothing where it runs the same. */
export function UpgradeNotice({ server }: { server: Server }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const available = server.agent?.upgradeAvailable === true;
  return (
    <>
      {available && (
        <Alert
          color="copper"
          icon={<CircleArrowUp size={18} aria-hidden />}
          title={t("servers.upgrade.title")}
          role="status"
        >
          <Group justify="space-between" gap="sm">
            <Text size="sm" style={{ flex: "1 1 16rem" }}>
              {t("servers.upgrade.why", { version: server.agent?.version ?? "–" })}
            </Text>
            <ActionButton permission="manageServers" variant="default" onClick={open}>
              {t("servers.ssh.menu.upgrade")}
            </ActionButton>
          </Group>
        </Alert>
      )}
      {/* Stays until it is closed: the notice goes with the upgrade that it shows. */}
      <WideDialog opened={opened} onClose={close} title={t("servers.ssh.title.upgrade", { name: server.name })}>
        <AgentJob server={server} task="upgrade" onClose={close} />
      </WideDialog>
    </>
  );
}
