import { SimpleGrid, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { useMe } from "@/app/session";
import { changeLanguage, currentLanguage, LANGUAGES } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { SelectField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showSuccess } from "@/shared/notify";
import { Section } from "@/shared/Section";

const schema = z.object({
  email: z.union([z.literal(""), z.email()]),
  language: z.enum(["fr", "en"]),
  theme: z.enum(["auto", "light", "dark"]),
});

export function ProfileSection() {
  const { t } = useTranslation();
  const { user } = useMe();
  const client = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const form = useAppForm(schema, {
    email: user.email ?? "",
    language: user.language ?? currentLanguage(),
    theme: user.theme,
  });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (values: z.output<typeof schema>) => ask(api.PATCH("/api/auth/me", { body: values })),
    onSuccess: async (_, values) => {
      setColorScheme(values.theme);
      await changeLanguage(values.language);
      // The server's own sentences may be in another language now.
      await client.invalidateQueries();
      showSuccess(t("common.saved"));
    },
    onError: (error) => showServerError(form, error, ["email"]),
  });

  return (
    <Section title={t("account.profile")} hint={t("account.profileHint")}>
      <form onSubmit={form.handleSubmit((values) => save.mutate(values))} noValidate>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextField control={form.control} name="email" type="email" label={t("account.email")} autoComplete="email" />
          <SelectField
            control={form.control}
            name="language"
            label={t("account.language")}
            data={LANGUAGES.map((value) => ({ value, label: t(`shell.languageNames.${value}`) }))}
          />
          <SelectField
            control={form.control}
            name="theme"
            label={t("account.theme")}
            data={schema.shape.theme.options.map((value) => ({ value, label: t(`shell.themeNames.${value}`) }))}
          />
        </SimpleGrid>
        <FormFooter form={form} submit={t("common.save")} pending={save.isPending} />
      </form>
    </Section>
  );
}
