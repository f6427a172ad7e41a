import { SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { EnrolmentSteps } from "./EnrolmentSteps";
import { AgentJob } from "./ssh/AgentJob";

interface AgentInstallProps {
  server: Server;
  onClose: () => void;
}

const WAYS = ["ssh", "command"] as const;
type Way = (typeof WAYS)[number];

/** How the agent comes onto the machine: this server brings it, or somebody pastes a command there. */
export function AgentInstall({ server, onClose }: AgentInstallProps) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>("ssh");
  return (
    <Stack gap="lg">
      <SegmentedControl
        fullWidth
        aria-label={t("servers.ways.label")}
        value={way}
        onChange={(value) => setWay(value as Way)}
        data={WAYS.map((value) => ({ value, label: t(`servers.ways.${value}`) }))}
      />
      {way === "ssh" ? (
        <AgentJob server={server} task="install" onClose={onClose} />
      ) : (
        <EnrolmentSteps server={server} onClose={onClose} />
      )}
    </Stack>
  );
}
