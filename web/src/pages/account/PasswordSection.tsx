import { SimpleGrid, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { useMe } from "@/app/session";
import { i18n } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { PasswordField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showSuccess } from "@/shared/notify";
import { LEAST_PASSWORD_CHARACTERS, PasswordMeter } from "@/shared/PasswordMeter";
import { Section } from "@/shared/Section";

const schema = z
  .object({
    current: z.string().min(1),
    new: z.string().min(LEAST_PASSWORD_CHARACTERS),
    repeat: z.string().min(1),
  })
  .refine((form) => form.new === form.repeat, { path: ["repeat"], error: () => i18n.t("form.passwordsDiffer") });

export function PasswordSection() {
  const { t } = useTranslation();
  const { user } = useMe();
  const client = useQueryClient();
  const form = useAppForm(schema, { current: "", new: "", repeat: "" });
  const typed = useWatch({ control: form.control, name: "new" });
  const change = useMutation({
    meta: { quiet: true },
    mutationFn: (values: z.output<typeof schema>) =>
      ask(api.POST("/api/auth/password", { body: { current: values.current, new: values.new } })),
    onSuccess: async () => {
      form.reset();
      showSuccess(t("account.changed"), t("account.changedHint"));
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: (error) => showServerError(form, error, ["current", "new"]),
  });

  return (
    <Section title={t("account.passwordTitle")} hint={t("account.passwordHint")}>
      <form onSubmit={form.handleSubmit((values) => change.mutate(values))} noValidate>
        {/* Password managers look for the name beside the password. */}
        <input type="text" name="username" autoComplete="username" value={user.name} readOnly hidden />
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <PasswordField
            control={form.control}
            name="current"
            label={t("account.current")}
            autoComplete="current-password"
          />
          <Stack gap="md">
            <PasswordField control={form.control} name="new" label={t("account.new")} autoComplete="new-password" />
            <PasswordMeter password={typed} />
          </Stack>
          <PasswordField control={form.control} name="repeat" label={t("account.repeat")} autoComplete="new-password" />
        </SimpleGrid>
        <FormFooter form={form} submit={t("account.change")} pending={change.isPending} />
      </form>
    </Section>
  );
}
