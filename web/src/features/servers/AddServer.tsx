import { Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { Steps } from "@/shared/Steps";
import { WideDialog } from "@/shared/WideDialog";
import { AgentInstall } from "./AgentInstall";
import { ServerForm } from "./ServerForm";

interface AddServerProps {
  opened: boolean;
  onClose: () => void;
}

/** A name, the agent by SSH or by a command to paste, and the machine calls. */
export function AddServer({ opened, onClose }: AddServerProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [added, setAdded] = useState<Server | null>(null);
  const close = () => {
    onClose();
    if (added) void navigate({ to: `/servers/${added.id}` });
    setAdded(null);
  };
  return (
    <WideDialog opened={opened} onClose={close} title={t("servers.add")}>
      <Stack gap="lg">
        <Steps names={[t("common.name"), t("servers.enrol.step")]} step={added ? 1 : 0} />
        {added ? <AgentInstall server={added} onClose={close} /> : <ServerForm onSaved={setAdded} onCancel={onClose} />}
      </Stack>
    </WideDialog>
  );
}
