import { SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Settings } from "@/api/types";
import { LANGUAGES } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { NumberField, SelectField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { Section } from "@/shared/Section";
import { useSaveSettings } from "./useSaveSettings";

const BROWSER = "browser";

const schema = z.object({
  applicationName: z.string().trim().min(1).max(60),
  defaultLanguage: z.enum([BROWSER, "fr", "en"]),
  defaultTheme: z.enum(["auto", "light", "dark"]),
  logRetentionDays: z.number().int().min(1).max(3650),
});

export function GeneralSection({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const form = useAppForm(schema, {
    applicationName: settings.applicationName,
    defaultLanguage: settings.defaultLanguage ?? BROWSER,
    defaultTheme: settings.defaultTheme,
    logRetentionDays: settings.logRetentionDays,
  });
  const save = useSaveSettings(settings, (error) =>
    showServerError(form, error, ["applicationName", "logRetentionDays"]),
  );
  const submit = form.handleSubmit(({ defaultLanguage, ...values }) =>
    save.mutate({ ...values, defaultLanguage: defaultLanguage === BROWSER ? null : defaultLanguage }),
  );
  return (
    <Section title={t("settings.generalTitle")}>
      <form onSubmit={submit} noValidate>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField
            control={form.control}
            name="applicationName"
            label={t("settings.applicationName")}
            description={t("settings.applicationNameHint")}
          />
          <SelectField
            control={form.control}
            name="defaultLanguage"
            label={t("settings.defaultLanguage")}
            description={t("settings.defaultLanguageHint")}
            data={[
              { value: BROWSER, label: t("settings.languageBrowser") },
              ...LANGUAGES.map((value) => ({ value, label: t(`shell.languageNames.${value}`) })),
            ]}
          />
          <SelectField
            control={form.control}
            name="defaultTheme"
            label={t("settings.defaultTheme")}
            data={schema.shape.defaultTheme.options.map((value) => ({ value, label: t(`shell.themeNames.${value}`) }))}
          />
          <NumberField
            control={form.control}
            name="logRetentionDays"
            label={t("settings.logRetention")}
            suffix={t("settings.days")}
            min={1}
            max={3650}
            allowDecimal={false}
          />
        </SimpleGrid>
        <FormFooter form={form} submit={t("common.save")} pending={save.isPending} />
      </form>
    </Section>
  );
}
