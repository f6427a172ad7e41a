import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Repository, RestClientCreated } from "@/api/types";
import { FormFooter } from "@/shared/form/FormFooter";
import { NativeSelectField, NumberField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { CopyableCode } from "@/shared/Secret";
import { useCreateClient } from "./queries";

const GIB = 1024 ** 3;

const schema = z.object({
  username: z.string().trim().min(1).max(100),
  mode: z.enum(["appendOnly", "full"]),
  /** Empty: no limit. */
  quotaGib: z.union([z.literal(""), z.number().positive()]),
});

interface ClientFormProps {
  repository: Repository;
  onDone: () => void;
}

/** A machine that writes with plain restic: its name and rights, then its password, once. */
export function ClientForm({ repository, onDone }: ClientFormProps) {
  const { t } = useTranslation();
  const create = useCreateClient(repository.id);
  const form = useAppForm(schema, { username: "", mode: "appendOnly", quotaGib: "" });
  const mode = useWatch({ control: form.control, name: "mode" });
  if (create.data) return <ClientSecret created={create.data} onDone={onDone} />;
  const submit = form.handleSubmit(({ quotaGib, ...client }) =>
    create.mutate(
      { ...client, quotaBytes: quotaGib === "" ? null : Math.round(quotaGib * GIB) },
      { onError: (error) => showServerError(form, error, ["username", "mode"]) },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextField
          control={form.control}
          name="username"
          label={t("clients.username")}
          withAsterisk
          data-autofocus
          autoComplete="off"
          spellCheck={false}
        />
        <NativeSelectField
          control={form.control}
          name="mode"
          label={t("clients.mode")}
          description={t(`clients.modesWhy.${mode}`)}
          data={schema.shape.mode.options.map((value) => ({ value, label: t(`clients.modes.${value}`) }))}
        />
        <NumberField
          control={form.control}
          name="quotaGib"
          label={t("clients.quotaGib")}
          description={t("clients.quotaWhy")}
          min={0}
        />
      </Stack>
      <FormFooter form={form} submit={t("common.add")} pending={create.isPending} onCancel={onDone} />
    </form>
  );
}

function ClientSecret({ created, onDone }: { created: RestClientCreated; onDone: () => void }) {
  const { t } = useTranslation();
  const commands = `export RESTIC_REPOSITORY='${created.repositoryUrl}'\nrestic snapshots\nrestic backup /home`;
  return (
    <Stack gap="md">
      <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("secret.once")}>
        {t("secret.onceHint")}
      </Alert>
      <CopyableCode label={t("clients.password")} value={created.password} />
      <CopyableCode label={t("clients.url")} value={created.repositoryUrl} />
      <CopyableCode label={t("clients.commands")} value={commands} />
      <Text size="sm" c="dimmed">
        {t("clients.repositoryPassword")}
      </Text>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t("clients.kept")}</Button>
      </Group>
    </Stack>
  );
}
