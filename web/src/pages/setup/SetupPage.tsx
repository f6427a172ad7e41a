import { Alert, Button, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { currentLanguage, i18n } from "@/i18n/i18n";
import { FormProblem } from "@/shared/form/FormFooter";
import { PasswordField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { LEAST_PASSWORD_CHARACTERS, PasswordMeter } from "@/shared/PasswordMeter";
import { EntryFrame } from "../entry/EntryFrame";
import { enter } from "../entry/enter";

const schema = z
  .object({
    token: z.string().trim().min(1),
    name: z.string().trim().min(1).max(64),
    password: z.string().min(LEAST_PASSWORD_CHARACTERS),
    repeat: z.string().min(1),
  })
  .refine((form) => form.password === form.repeat, {
    path: ["repeat"],
    error: () => i18n.t("form.passwordsDiffer"),
  });

/** The token of the setup link. It stands behind the `#`, so that no server or proxy writes it into a log. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}

/** The first administrator of a fresh server. */
export function SetupPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [token] = useState(() => tokenOf(window.location.hash));
  const form = useAppForm(schema, { token, name: "", password: "", repeat: "" });
  const password = useWatch({ control: form.control, name: "password" });

  const setUp = useMutation({
    meta: { quiet: true },
    mutationFn: async ({ token, name, password }: z.output<typeof schema>) => {
      await ask(api.POST("/api/setup", { body: { token, name, password, language: currentLanguage() } }));
      await enter(client);
    },
    // A fresh server protects nothing yet: on to the first backup.
    onSuccess: () => navigate({ to: "/first-steps" }),
    onError: (error) => showServerError(form, error, ["token", "name", "password"]),
  });

  return (
    <EntryFrame title={t("setup.title")} intro={t("setup.intro")}>
      <form onSubmit={form.handleSubmit((values) => setUp.mutate(values))} noValidate>
        <Stack gap="md">
          {token !== "" && !form.formState.errors.token ? (
            <Alert color="moss" icon={<CircleCheck size={18} aria-hidden />} p="xs">
              {t("setup.tokenFound")}
            </Alert>
          ) : (
            <TextField
              control={form.control}
              name="token"
              label={t("setup.token")}
              description={t("setup.tokenHint")}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <TextField
            control={form.control}
            name="name"
            label={t("setup.name")}
            description={t("setup.nameHint")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
          />
          <PasswordField
            control={form.control}
            name="password"
            label={t("setup.password")}
            description={t("setup.passwordHint")}
            autoComplete="new-password"
          />
          <PasswordMeter password={password} />
          <PasswordField control={form.control} name="repeat" label={t("setup.repeat")} autoComplete="new-password" />
          <FormProblem form={form} />
          <Button type="submit" size="md" loading={setUp.isPending} fullWidth mt="xs">
            {t("setup.submit")}
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
