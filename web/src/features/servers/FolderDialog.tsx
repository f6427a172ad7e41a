import { Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActionButton } from "@/shared/permission";
import { WideDialog } from "@/shared/WideDialog";
import { FolderBrowser } from "./FolderBrowser";

interface FolderDialogProps {
  serverId: number;
  opened: boolean;
  onClose: () => void;
  onChosen: (path: string) => void;
}

/** One folder of a server, chosen in its files: where a pool lies, where a restore goes. */
export function FolderDialog({ serverId, opened, onClose, onChosen }: FolderDialogProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <WideDialog opened={opened} onClose={onClose} title={t("explorer.titleFolder")}>
      <FolderBrowser serverId={serverId} chosen={chosen} onChange={setChosen} foldersOnly single />
      <Group justify="flex-end" mt="md">
        <ActionButton
          disabledReason={chosen.length === 0 ? t("explorer.chooseFirst") : null}
          onClick={() => {
            if (chosen[0] !== undefined) onChosen(chosen[0]);
            onClose();
          }}
        >
          {t("explorer.use")}
        </ActionButton>
      </Group>
    </WideDialog>
  );
}
