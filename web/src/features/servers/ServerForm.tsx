import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Server } from "@/api/types";
import { FormFooter } from "@/shared/form/FormFooter";
import { TagsField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { useSaveServer } from "./changes";

const schema = z.object({
  name: z.string().trim().min(1).max(100),
  address: z.string().trim().max(255),
  labels: z.array(z.string()),
});

interface ServerFormProps {
  /** Changed instead of added. */
  existing?: Server;
  onSaved: (server: Server) => void;
  onCancel: () => void;
}

/** What people say of a machine; the rest it says of itself. */
export function ServerForm({ existing, onSaved, onCancel }: ServerFormProps) {
  const { t } = useTranslation();
  const save = useSaveServer(existing);
  const form = useAppForm(schema, {
    name: existing?.name ?? "",
    address: existing?.address ?? "",
    labels: existing?.labels ?? [],
  });
  const submit = form.handleSubmit(({ address, ...said }) =>
    save.mutate(
      { ...said, address: address || null },
      { onSuccess: onSaved, onError: (error) => showServerError(form, error, ["name", "address", "labels"]) },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextField
          control={form.control}
          name="name"
          label={t("common.name")}
          description={t("servers.nameWhy")}
          withAsterisk
          data-autofocus
          autoComplete="off"
          spellCheck={false}
        />
        <TextField
          control={form.control}
          name="address"
          label={t("servers.address")}
          description={t("servers.addressWhy")}
          autoComplete="off"
          spellCheck={false}
        />
        <TagsField
          control={form.control}
          name="labels"
          label={t("servers.labels")}
          description={t("servers.labelsWhy")}
        />
      </Stack>
      <FormFooter
        form={form}
        submit={t(existing ? "common.save" : "common.continue")}
        pending={save.isPending}
        onCancel={onCancel}
      />
    </form>
  );
}
