import { Button, Group, Modal, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import type { TotpStart } from "@/api/types";
import { FormFooter } from "@/shared/form/FormFooter";
import { TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { CopyableCode, Secret } from "@/shared/Secret";
import { saveText } from "@/shared/save";
import styles from "./TotpDialog.module.css";

interface TotpDialogProps {
  start: TotpStart | null;
  onClose: () => void;
  /** The codes were kept; two-step login is on. */
  onDone: () => void;
}

/** Scan, confirm with a code, keep the recovery codes: in this order, and not in force before the second. */
export function TotpDialog({ start, onClose, onDone }: TotpDialogProps) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<string[] | null>(null);
  const close = () => {
    if (codes === null) onClose();
    else onDone();
    setCodes(null);
  };
  return (
    <Modal
      opened={start !== null}
      onClose={close}
      size="lg"
      title={codes === null ? t("account.totpTitle") : t("account.recoveryTitle")}
      closeOnClickOutside={false}
    >
      {start !== null && codes === null && <ConfirmStep start={start} onClose={onClose} onCodes={setCodes} />}
      {codes !== null && (
        <Stack gap="md">
          <Text size="sm">{t("account.recoveryText")}</Text>
          <Secret label={t("account.recoveryTitle")} value={codes.join("\n")} />
          <Group justify="space-between">
            <Button
              variant="default"
              leftSection={<Download size={16} aria-hidden />}
              onClick={() => saveText(t("account.recoveryFile"), `${codes.join("\n")}\n`)}
            >
              {t("common.download")}
            </Button>
            <Button onClick={close}>{t("account.recoveryKept")}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

const schema = z.object({ code: z.string().trim().min(6) });

interface ConfirmStepProps {
  start: TotpStart;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

function ConfirmStep({ start, onClose, onCodes }: ConfirmStepProps) {
  const { t } = useTranslation();
  const form = useAppForm(schema, { code: "" });
  const confirm = useMutation({
    meta: { quiet: true },
    mutationFn: (body: z.output<typeof schema>) => ask(api.POST("/api/auth/totp/confirm", { body })),
    onSuccess: ({ codes }) => onCodes(codes),
    onError: (error) => showServerError(form, error, ["code"]),
  });
  return (
    <form onSubmit={form.handleSubmit((values) => confirm.mutate(values))} noValidate>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        {/* As an image, not as markup: what an image holds cannot run. */}
        <img
          className={styles.qr}
          src={`data:image/svg+xml;utf8,${encodeURIComponent(start.qrSvg)}`}
          alt={t("account.totpImage")}
        />
        <Stack gap="md">
          <Text size="sm">{t("account.totpScan")}</Text>
          <CopyableCode label={t("account.totpType")} value={start.secret} />
          <TextField
            control={form.control}
            name="code"
            label={t("account.totpCode")}
            inputMode="numeric"
            autoComplete="one-time-code"
            data-autofocus
          />
        </Stack>
      </SimpleGrid>
      <FormFooter form={form} submit={t("account.totpConfirm")} pending={confirm.isPending} onCancel={onClose} />
    </form>
  );
}
