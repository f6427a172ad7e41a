import { Collapse, SimpleGrid, Stack } from "@mantine/core";
import { useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Settings } from "@/api/types";
import { i18n } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { NumberField, PasswordField, SelectField, SwitchField, TagsField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { Section } from "@/shared/Section";
import { MailTest } from "./MailTest";
import { useSaveSettings } from "./useSaveSettings";

const schema = z
  .object({
    enabled: z.boolean(),
    host: z.string().trim(),
    port: z.number().int().min(1).max(65_535),
    security: z.enum(["none", "startTls", "tls"]),
    username: z.string().trim(),
    password: z.string(),
    from: z.union([z.literal(""), z.email()]),
    to: z.array(z.email()),
  })
  .refine((mail) => !mail.enabled || mail.host !== "", { path: ["host"], error: () => i18n.t("settings.hostNeeded") });

export function MailSection({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { mail } = settings;
  const form = useAppForm(schema, {
    enabled: mail.enabled,
    host: mail.host,
    port: mail.port,
    security: mail.security,
    username: mail.username ?? "",
    password: "",
    from: mail.from,
    to: mail.to,
  });
  const enabled = useWatch({ control: form.control, name: "enabled" });
  const save = useSaveSettings(settings, (error) => showServerError(form, error, ["host", "port", "from", "to"]));
  const submit = form.handleSubmit(({ username, password, ...values }) =>
    save.mutate({
      mail: { ...mail, ...values, username: username || null, password: password || null },
    }),
  );
  return (
    <Section title={t("settings.mailTitle")} hint={t("settings.mailHint")}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <SwitchField control={form.control} name="enabled" label={t("settings.mailEnabled")} />
          <Collapse expanded={enabled}>
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              <TextField control={form.control} name="host" label={t("settings.host")} placeholder="smtp.example.org" />
              <NumberField
                control={form.control}
                name="port"
                label={t("settings.port")}
                min={1}
                max={65_535}
                allowDecimal={false}
              />
              <SelectField
                control={form.control}
                name="security"
                label={t("settings.security")}
                data={schema.shape.security.options.map((value) => ({
                  value,
                  label: t(`settings.securityNames.${value}`),
                }))}
              />
              <TextField control={form.control} name="username" label={t("settings.username")} autoComplete="off" />
              <PasswordField
                control={form.control}
                name="password"
                label={t("settings.password")}
                description={mail.passwordSet ? t("settings.passwordKept") : undefined}
                autoComplete="new-password"
              />
              <TextField control={form.control} name="from" type="email" label={t("settings.from")} />
            </SimpleGrid>
            <TagsField
              control={form.control}
              name="to"
              label={t("settings.to")}
              description={t("settings.toHint")}
              mt="md"
            />
          </Collapse>
        </Stack>
        <FormFooter form={form} submit={t("common.save")} pending={save.isPending} />
      </form>
      {mail.enabled && <MailTest first={mail.to[0] ?? ""} />}
    </Section>
  );
}
