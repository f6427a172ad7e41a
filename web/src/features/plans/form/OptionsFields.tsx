import { SimpleGrid, Stack } from "@mantine/core";
import type { Control } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { CheckboxField, NativeSelectField, NumberField, TagsField } from "@/shared/form/fields";
import { type PlanChecked, type PlanValues, planSchema } from "./values";

/** The fields that stand here: a complaint about one of them has to open the fold they are in. */
export const OPTION_FIELDS = [
  "verifyAfterRun",
  "enabled",
  "sources.excludeCaches",
  "sources.oneFileSystem",
  "sources.excludeLargerThanMib",
  "compression",
  "maxRetries",
  "priority",
  "tags",
] as const;

export function OptionsFields({ control }: { control: Control<PlanValues, unknown, PlanChecked> }) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      <CheckboxField
        control={control}
        name="verifyAfterRun"
        label={t("plans.form.verify")}
        description={t("plans.form.verifyWhy")}
      />
      <CheckboxField
        control={control}
        name="enabled"
        label={t("plans.form.enabled")}
        description={t("plans.form.enabledWhy")}
      />
      <CheckboxField
        control={control}
        name="sources.excludeCaches"
        label={t("plans.form.excludeCaches")}
        description={t("plans.form.excludeCachesWhy")}
      />
      <CheckboxField
        control={control}
        name="sources.oneFileSystem"
        label={t("plans.form.oneFileSystem")}
        description={t("plans.form.oneFileSystemWhy")}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NativeSelectField
          control={control}
          name="compression"
          label={t("plans.form.compression")}
          description={t("plans.form.compressionWhy")}
          data={planSchema.shape.compression.options.map((value) => ({
            value,
            label: t(`plans.form.compressions.${value}`),
          }))}
        />
        <NumberField
          control={control}
          name="sources.excludeLargerThanMib"
          label={t("plans.form.largerThan")}
          description={t("plans.form.largerThanWhy")}
          min={0}
        />
        <NumberField
          control={control}
          name="maxRetries"
          label={t("plans.form.retries")}
          description={t("plans.form.retriesWhy")}
          min={0}
          max={10}
          allowDecimal={false}
        />
        <NumberField
          control={control}
          name="priority"
          label={t("plans.form.priority")}
          description={t("plans.form.priorityWhy")}
          min={-10}
          max={10}
          allowDecimal={false}
        />
      </SimpleGrid>
      <TagsField control={control} name="tags" label={t("plans.form.tags")} description={t("plans.form.tagsWhy")} />
    </Stack>
  );
}
