import { Anchor, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Repository } from "@/api/types";
import { WideDialog } from "@/shared/WideDialog";
import { RecoveryKitSteps } from "./RecoveryKitSteps";
import { RepositoryFields } from "./RepositoryFields";

interface RepositoryFormProps {
  opened: boolean;
  onClose: () => void;
  onDone: (repository: Repository) => void;
}

/** A new repository, or one that is there already; its recovery kit belongs to its making. */
export function RepositoryForm({ opened, onClose, onDone }: RepositoryFormProps) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Repository | null>(null);
  const leave = () => {
    if (made) onDone(made);
    setMade(null);
    onClose();
  };
  return (
    <WideDialog
      opened={opened}
      onClose={leave}
      title={made ? t("repositories.kit.of", { name: made.name }) : t("repositories.create")}
    >
      {!made && <RepositoryFields onMade={setMade} onCancel={onClose} />}
      {made && (
        <Stack gap="md">
          <RecoveryKitSteps repository={made} onConfirmed={leave} />
          <Text size="sm" c="dimmed">
            {t("repositories.kit.laterWhy")}{" "}
            <Anchor component="button" type="button" size="sm" onClick={leave}>
              {t("repositories.kit.later")}
            </Anchor>
          </Text>
        </Stack>
      )}
    </WideDialog>
  );
}
