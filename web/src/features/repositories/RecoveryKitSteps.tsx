import { Alert, Button, Code, CopyButton, Group, Paper, Skeleton, Stack, Text } from "@mantine/core";
import { Copy, Download, KeyRound, Printer } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { RecoveryKit, Repository } from "@/api/types";
import { Refusal } from "@/features/Refusal";
import { i18n } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { CheckboxField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { saveText } from "@/shared/save";
import { WideDialog } from "@/shared/WideDialog";
import { useConfirmKit, useRecoveryKit } from "./queries";

interface RecoveryKitStepsProps {
  repository: Pick<Repository, "id" | "name">;
  onConfirmed: () => void;
}

/** The one thing that restores when this server is gone: shown, kept by the person, and confirmed by what stands in it. */
export function RecoveryKitSteps({ repository, onConfirmed }: RecoveryKitStepsProps) {
  const { t } = useTranslation();
  const kit = useRecoveryKit();
  const asked = useRef(false);
  const fetchKit = kit.mutate;
  useEffect(() => {
    // Each kit is issued once: asking twice would make the first one void.
    if (asked.current) return;
    asked.current = true;
    fetchKit(repository.id);
  }, [fetchKit, repository.id]);

  if (kit.error) return <Refusal error={kit.error} onRetry={() => fetchKit(repository.id)} />;
  if (!kit.data) return <Skeleton height={260} aria-label={t("common.loading")} />;
  return <KeepAndConfirm kit={kit.data} repository={repository} onConfirmed={onConfirmed} />;
}

const confirmation = z.object({
  confirmationCode: z
    .string()
    .trim()
    .min(1, { error: () => i18n.t("repositories.kit.codeMissing") }),
  apart: z.boolean().refine((apart) => apart, { error: () => i18n.t("repositories.kit.apartMissing") }),
});

function KeepAndConfirm({ kit, repository, onConfirmed }: RecoveryKitStepsProps & { kit: RecoveryKit }) {
  const { t } = useTranslation();
  const confirm = useConfirmKit(repository.id);
  const form = useAppForm(confirmation, { confirmationCode: "", apart: false });
  const submit = form.handleSubmit(({ confirmationCode }) =>
    confirm.mutate(confirmationCode, {
      onSuccess: onConfirmed,
      // Nothing else was sent: whatever is wrong is the code.
      onError: (error) => showServerError(form, error, ["confirmationCode"]),
    }),
  );

  return (
    <Stack gap="md">
      <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("repositories.kit.title")}>
        <Text size="sm">{t("repositories.kit.why")}</Text>
      </Alert>
      <Paper withBorder p="md">
        <Stack gap={6}>
          <Field label={t("repositories.kit.location")} value={kit.location} />
          <Field label={t("repositories.kit.password")} value={kit.password} />
          <Field label={t("repositories.kit.code")} value={kit.confirmationCode} />
        </Stack>
        <Group mt="md" gap="xs">
          <Button leftSection={<Download size={16} aria-hidden />} onClick={() => save(kit, repository.name)}>
            {t("repositories.kit.download")}
          </Button>
          <Button
            variant="default"
            leftSection={<Printer size={16} aria-hidden />}
            onClick={() => print(kit, repository.name)}
          >
            {t("repositories.kit.print")}
          </Button>
          <CopyButton value={kit.text}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<Copy size={16} aria-hidden />} onClick={copy}>
                {copied ? t("common.copied") : t("common.copy")}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Paper>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <CheckboxField control={form.control} name="apart" label={t("repositories.kit.apart")} />
          <TextField
            control={form.control}
            name="confirmationCode"
            label={t("repositories.kit.typeCode")}
            description={t("repositories.kit.typeCodeWhy")}
            autoComplete="off"
            spellCheck={false}
            maw={320}
          />
        </Stack>
        <FormFooter form={form} submit={t("repositories.kit.confirm")} pending={confirm.isPending} />
      </form>
    </Stack>
  );
}

function Field({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Code fz="sm" style={{ overflowWrap: "anywhere" }}>
        {value}
      </Code>
    </div>
  );
}

function save(kit: RecoveryKit, name: string): void {
  saveText(`rempart-recovery-kit-${name.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.txt`, kit.text);
}

function print(kit: RecoveryKit, name: string): void {
  const sheet = window.open("", "_blank", "width=800,height=900");
  if (!sheet) {
    save(kit, name);
    return;
  }
  sheet.document.title = name;
  const text = sheet.document.createElement("pre");
  text.style.cssText = "font: 13px/1.5 monospace; white-space: pre-wrap; margin: 2rem";
  text.textContent = kit.text;
  sheet.document.body.append(text);
  sheet.print();
}

interface RecoveryKitDialogProps extends Omit<RecoveryKitStepsProps, "onConfirmed"> {
  opened: boolean;
  onClose: () => void;
  onConfirmed?: () => void;
}

export function RecoveryKitDialog({ repository, opened, onClose, onConfirmed }: RecoveryKitDialogProps) {
  const { t } = useTranslation();
  return (
    <WideDialog opened={opened} onClose={onClose} title={t("repositories.kit.of", { name: repository.name })}>
      <RecoveryKitSteps
        repository={repository}
        onConfirmed={() => {
          onConfirmed?.();
          onClose();
        }}
      />
    </WideDialog>
  );
}
