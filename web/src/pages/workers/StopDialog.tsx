import { Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "@/shared/ConfirmDialog";

interface StopDialogProps {
  name: string;
  opened: boolean;
  onClose: () => void;
  onStop: (now: boolean) => void;
  pending: boolean;
}

export function StopDialog({ name, opened, onClose, onStop, pending }: StopDialogProps) {
  const { t } = useTranslation();
  const [when, setWhen] = useState("after");
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      onConfirm={() => onStop(when === "now")}
      title={t("workers.stopTitle", { name })}
      action={t("workers.stop")}
      pending={pending}
    >
      <Stack gap="md">
        <Text size="sm">{t("workers.stopText")}</Text>
        <Radio.Group value={when} onChange={setWhen} aria-label={t("workers.stop")}>
          <Stack gap="sm">
            <Radio value="after" label={t("workers.stopAfter")} description={t("workers.stopAfterHint")} />
            <Radio value="now" label={t("workers.stopNow")} description={t("workers.stopNowHint")} />
          </Stack>
        </Radio.Group>
      </Stack>
    </ConfirmDialog>
  );
}
