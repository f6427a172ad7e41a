import { SimpleGrid } from "@mantine/core";
import type { Control } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Thresholds } from "@/api/types";
import { NumberField } from "@/shared/form/fields";

/** An empty field: not watched. */
const orNothing = (rule: z.ZodNumber) => z.union([z.literal("").transform(() => null), z.null(), rule]);
const percent = z.number().int().min(10).max(100);

export const thresholdFields = {
  cpuPercent: orNothing(percent),
  memoryPercent: orNothing(percent),
  diskPercent: orNothing(percent),
  diskFullDays: orNothing(z.number().int().min(1).max(365)),
};

export const thresholdSchema = z.object(thresholdFields);
export type ThresholdsIn = z.input<typeof thresholdSchema>;

export const THRESHOLD_NAMES = ["cpuPercent", "memoryPercent", "diskPercent", "diskFullDays"] as const;

/** From where on there is an alert. */
export function ThresholdFields({ control }: { control: Control<ThresholdsIn, unknown, Thresholds> }) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {THRESHOLD_NAMES.map((name) => (
        <NumberField
          key={name}
          control={control}
          name={name}
          label={t(`thresholds.${name}`)}
          description={t(`thresholds.${name}Hint`)}
          placeholder={t("thresholds.off")}
          suffix={name === "diskFullDays" ? t("settings.days") : "\u202f%"}
          allowDecimal={false}
          allowNegative={false}
        />
      ))}
    </SimpleGrid>
  );
}
