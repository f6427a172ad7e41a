import { Button, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { ApiError } from "@/api/errors";
import { setupQuery } from "@/app/session";
import { FormProblem } from "@/shared/form/FormFooter";
import { PasswordField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { EntryFrame } from "../entry/EntryFrame";
import { enter, safeTarget } from "../entry/enter";

const schema = z.object({ name: z.string().trim().min(1), password: z.string().min(1), totp: z.string().trim() });
type Credentials = z.output<typeof schema>;

/** Name and password; then, where the account asks for it, the second step. */
export function LoginPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const search: object = useSearch({ strict: false });
  const application = useQuery(setupQuery).data?.applicationName ?? "Rempart";
  const [step, setStep] = useState<"password" | "totp">("password");
  const form = useAppForm(schema, { name: "", password: "", totp: "" });

  const signIn = useMutation({
    meta: { quiet: true },
    mutationFn: async ({ name, password, totp }: Credentials) => {
      await ask(api.POST("/api/auth/login", { body: { name, password, totp: totp || null } }));
      await enter(client);
    },
    onSuccess: () => navigate({ href: safeTarget(Reflect.get(search, "redirect")), replace: true }),
    onError: (error) => {
      if (error instanceof ApiError && error.code === "auth.totp_required") setStep("totp");
      else showServerError(form, error, ["totp"]);
    },
  });
  const startAgain = () => {
    form.reset();
    setStep("password");
  };
  const submit = form.handleSubmit((values) => signIn.mutate(values));

  if (step === "totp") {
    return (
      <EntryFrame title={t("login.totpTitle")} intro={t("login.totpIntro")}>
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <TextField
              control={form.control}
              name="totp"
              label={t("login.totp")}
              autoComplete="one-time-code"
              inputMode="text"
              size="md"
              autoFocus
              spellCheck={false}
            />
            <FormProblem form={form} />
            <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
              {t("login.totpSubmit")}
            </Button>
            <Button variant="subtle" onClick={startAgain}>
              {t("login.otherAccount")}
            </Button>
          </Stack>
        </form>
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("login.title")} intro={t("login.intro", { application })}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextField
            control={form.control}
            name="name"
            label={t("login.name")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            size="md"
            autoFocus
          />
          <PasswordField
            control={form.control}
            name="password"
            label={t("login.password")}
            autoComplete="current-password"
            size="md"
          />
          <FormProblem form={form} />
          <Button type="submit" size="md" loading={signIn.isPending} fullWidth mt="xs">
            {t("login.submit")}
          </Button>
          <Text size="sm" c="dimmed" ta="center">
            {t("login.forgotten")}
          </Text>
        </Stack>
      </form>
    </EntryFrame>
  );
}
