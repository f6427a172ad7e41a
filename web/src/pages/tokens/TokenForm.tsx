import { Button, Checkbox, Group, Modal, SimpleGrid, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask } from "@/api/client";
import type { ApiTokenCreated } from "@/api/types";
import { useMe } from "@/app/session";
import { i18n } from "@/i18n/i18n";
import { FormFooter } from "@/shared/form/FormFooter";
import { SelectField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { CopyableCode, Secret } from "@/shared/Secret";
import { SCOPES } from "./scopes";

const EXPIRIES = ["30", "90", "365", "never"] as const;
const DAY_MS = 86_400_000;

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.string()).refine((scopes) => scopes.length > 0, { error: () => i18n.t("tokens.scopesNone") }),
  expires: z.enum(EXPIRIES),
});

interface TokenFormProps {
  opened: boolean;
  onClose: () => void;
}

export function TokenForm({ opened, onClose }: TokenFormProps) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<ApiTokenCreated | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      closeOnClickOutside={created === null}
      title={created ? t("tokens.createdTitle") : t("tokens.create")}
    >
      {opened && created === null && <Fields onClose={close} onCreated={setCreated} />}
      {created !== null && (
        <Stack gap="md">
          <Secret label={created.token.name} value={created.secret} />
          <CopyableCode label={t("tokens.use")} value={`Authorization: Bearer ${created.secret}`} />
          <Group justify="flex-end">
            <Button onClick={close}>{t("common.done")}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

interface FieldsProps {
  onClose: () => void;
  onCreated: (created: ApiTokenCreated) => void;
}

function Fields({ onClose, onCreated }: FieldsProps) {
  const { t } = useTranslation();
  const { permissions } = useMe();
  const client = useQueryClient();
  const form = useAppForm(schema, { name: "", scopes: ["read"], expires: "90" });
  const scopes = useController({ control: form.control, name: "scopes" });
  const create = useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, scopes: chosen, expires }: z.output<typeof schema>) => {
      const expiresAt = expires === "never" ? null : new Date(Date.now() + Number(expires) * DAY_MS).toISOString();
      return ask(api.POST("/api/tokens", { body: { name, scopes: chosen, expiresAt } }));
    },
    onSuccess: async (created) => {
      onCreated(created);
      await client.invalidateQueries({ queryKey: ["tokens"] });
    },
    onError: (error) => showServerError(form, error, ["name", "scopes"]),
  });
  return (
    <form onSubmit={form.handleSubmit((values) => create.mutate(values))} noValidate>
      <Stack gap="md">
        <TextField
          control={form.control}
          name="name"
          label={t("tokens.name")}
          description={t("tokens.nameHint")}
          autoComplete="off"
          data-autofocus
        />
        <Checkbox.Group
          label={t("tokens.scopes")}
          description={t("tokens.scopesHint")}
          value={scopes.field.value}
          onChange={scopes.field.onChange}
          error={scopes.fieldState.error?.message}
        >
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" mt="xs">
            {SCOPES.filter((scope) => permissions.includes(scope)).map((scope) => (
              <Checkbox key={scope} value={scope} label={t(`scope.${scope}`)} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <SelectField
          control={form.control}
          name="expires"
          label={t("tokens.expires")}
          data={EXPIRIES.map((value) => ({ value, label: t(`tokens.expiry.${value}`) }))}
        />
      </Stack>
      <FormFooter form={form} submit={t("tokens.create")} pending={create.isPending} onCancel={onClose} />
    </form>
  );
}
