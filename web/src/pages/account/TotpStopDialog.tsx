import { Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { meQuery } from "@/app/session";
import { FormFooter } from "@/shared/form/FormFooter";
import { PasswordField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showSuccess } from "@/shared/notify";

const schema = z.object({ password: z.string().min(1) });

interface TotpStopDialogProps {
  opened: boolean;
  onClose: () => void;
}

/** Takes the password again: what a stolen session must not do. */
export function TotpStopDialog({ opened, onClose }: TotpStopDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("account.totpTitle")}>
      {opened && <Fields onClose={onClose} />}
    </Modal>
  );
}

function Fields({ onClose }: Pick<TotpStopDialogProps, "onClose">) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useAppForm(schema, { password: "" });
  const stop = useMutation({
    meta: { quiet: true },
    mutationFn: (body: z.output<typeof schema>) => ask(api.DELETE("/api/auth/totp", { body })),
    onSuccess: async () => {
      onClose();
      showSuccess(t("account.totpStopped"));
      await client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    onError: (error) => showServerError(form, error, ["password"]),
  });
  return (
    <form onSubmit={form.handleSubmit((values) => stop.mutate(values))} noValidate>
      <Stack gap="md">
        <Text size="sm">{t("account.totpStopText")}</Text>
        <PasswordField
          control={form.control}
          name="password"
          label={t("account.totpStopPassword")}
          autoComplete="current-password"
          data-autofocus
        />
      </Stack>
      <FormFooter form={form} submit={t("account.totpStop")} pending={stop.isPending} onCancel={onClose} />
    </form>
  );
}
