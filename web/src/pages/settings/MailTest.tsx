import { Button, Divider, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import { FormProblem } from "@/shared/form/FormFooter";
import { TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showSuccess } from "@/shared/notify";

const schema = z.object({ to: z.email() });

/** Sends a real message; what the mail server answered is shown as it is. */
export function MailTest({ first }: { first: string }) {
  const { t } = useTranslation();
  const form = useAppForm(schema, { to: first });
  const send = useMutation({
    meta: { quiet: true },
    mutationFn: (body: z.output<typeof schema>) => ask(api.POST("/api/settings/mail-test", { body })),
    onSuccess: (_, { to }) => showSuccess(t("settings.testSent"), t("settings.testSentHint", { to })),
    onError: (error) => showServerError(form, error, ["to"]),
  });
  return (
    <form onSubmit={form.handleSubmit((values) => send.mutate(values))} noValidate>
      <Divider my="lg" label={t("settings.testTitle")} labelPosition="left" />
      <Text size="sm" c="dimmed" mb="sm">
        {t("settings.testHint")}
      </Text>
      <Group align="flex-end" gap="sm">
        <TextField
          control={form.control}
          name="to"
          type="email"
          label={t("settings.testTo")}
          flex={1}
          maw="22rem"
          autoComplete="email"
        />
        <Button type="submit" variant="default" loading={send.isPending} leftSection={<Send size={16} aria-hidden />}>
          {t("settings.testSend")}
        </Button>
      </Group>
      <FormProblem form={form} />
    </form>
  );
}
