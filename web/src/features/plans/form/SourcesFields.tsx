import { Stack } from "@mantine/core";
import { type Control, useController, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { FolderField } from "@/features/servers/FolderField";
import { serverSource } from "@/features/servers/queries";
import { ChoiceField } from "@/shared/form/ChoiceField";
import { problemOf, TagsField, TextField } from "@/shared/form/fields";
import type { PlanChecked, PlanValues } from "./values";

interface SourcesFieldsProps {
  control: Control<PlanValues, unknown, PlanChecked>;
  /** A plan that is there stays with its server. */
  serverFixed: boolean;
}

export function SourcesFields({ control, serverFixed }: SourcesFieldsProps) {
  const { t } = useTranslation();
  const serverId: number | undefined = useWatch({ control, name: "serverId" });
  const folders = useController({ control, name: "sources.folders" });
  return (
    <Stack gap="md">
      <TextField
        control={control}
        name="name"
        label={t("common.name")}
        placeholder={t("plans.form.nameExample")}
        withAsterisk
        maxLength={100}
      />
      <ChoiceField
        control={control}
        name="serverId"
        source={serverSource}
        label={t("plans.form.server")}
        withAsterisk
        disabled={serverFixed}
        description={serverFixed ? t("plans.form.serverFixed") : undefined}
      />
      <FolderField
        serverId={serverId ?? null}
        value={folders.field.value}
        onChange={folders.field.onChange}
        error={problemOf(folders.fieldState.error)}
      />
      <TagsField
        control={control}
        name="sources.excludes"
        label={t("plans.form.excludes")}
        description={t("plans.form.excludesWhy")}
        placeholder="*.tmp"
        splitChars={[",", ";", "\n"]}
      />
    </Stack>
  );
}
