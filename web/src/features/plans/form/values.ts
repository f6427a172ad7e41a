/** A plan as a form holds it, and the way there and back. */
import * as z from "zod";
import type { Plan, PlanWrite } from "@/api/types";
import { keepsEverything, parseWithin, RETENTION_PRESETS } from "@/features/retention/sentence";
import { browserTimeZone } from "@/features/schedule/zone";
import { i18n } from "@/i18n/i18n";

const MIB = 1024 ** 2;

const count = z.number().int().min(0).max(9999);

export const planSchema = z.object({
  name: z.string().trim().min(1).max(100),
  serverId: z.number(),
  repositoryId: z.number({ error: () => i18n.t("plans.form.repositoryMissing") }),
  enabled: z.boolean(),
  sources: z.object({
    folders: z
      .array(z.string())
      .refine((folders) => folders.length > 0, { error: () => i18n.t("plans.form.foldersMissing") }),
    excludes: z.array(z.string()),
    excludeCaches: z.boolean(),
    oneFileSystem: z.boolean(),
    /** Whole or broken MiB; empty: no limit. */
    excludeLargerThanMib: z.union([z.literal(""), z.number().positive()]),
  }),
  schedule: z
    .object({ cron: z.string().trim().min(1), timeZone: z.string(), missed: z.enum(["catchUp", "report"]) })
    .nullable(),
  retention: z
    .object({
      last: count,
      hourly: count,
      daily: count,
      weekly: count,
      monthly: count,
      quarterly: count,
      yearly: count,
      within: z
        .string()
        .nullish()
        .refine((within) => !within || parseWithin(within) !== null, { error: () => i18n.t("retention.withinBad") }),
    })
    .nullable(),
  compression: z.enum(["auto", "fast", "max", "off"]),
  tags: z.array(z.string()),
  priority: z.number().int().min(-10).max(10),
  maxRetries: z.number().int().min(0).max(10),
  verifyAfterRun: z.boolean(),
});

export type PlanValues = z.input<typeof planSchema>;
export type PlanChecked = z.output<typeof planSchema>;

/** A form that nobody has filled in yet: what is chosen from a list may be missing. */
export type PlanDraft = Omit<PlanValues, "serverId" | "repositoryId"> & { serverId?: number; repositoryId?: number };

/** What a new plan is before a person changes it: daily, kept for a year, proven after each run. */
export const NEW_PLAN: PlanDraft = {
  name: "",
  enabled: true,
  sources: { folders: [], excludes: [], excludeCaches: true, oneFileSystem: false, excludeLargerThanMib: "" },
  schedule: { cron: "30 2 * * *", timeZone: browserTimeZone(), missed: "catchUp" },
  retention: RETENTION_PRESETS.standard,
  compression: "auto",
  tags: [],
  priority: 0,
  maxRetries: 2,
  verifyAfterRun: true,
};

export function draftOf(plan: Plan): PlanDraft {
  const { excludeLargerThanBytes, ...sources } = plan.sources;
  return {
    name: plan.name,
    serverId: plan.serverId,
    repositoryId: plan.repositoryId,
    enabled: plan.enabled,
    sources: {
      ...sources,
      excludeLargerThanMib: excludeLargerThanBytes == null ? "" : excludeLargerThanBytes / MIB,
    },
    schedule: plan.schedule ?? null,
    retention: plan.retention ?? null,
    compression: plan.compression,
    tags: plan.tags,
    priority: plan.priority,
    maxRetries: plan.maxRetries,
    verifyAfterRun: plan.verifyAfterRun,
  };
}

export function planWrite(values: PlanChecked): PlanWrite {
  const { excludeLargerThanMib, ...sources } = values.sources;
  return {
    ...values,
    sources: {
      ...sources,
      excludeLargerThanBytes: excludeLargerThanMib === "" ? null : Math.round(excludeLargerThanMib * MIB),
    },
    // A ladder that keeps nothing is written as no ladder: everything stays.
    retention: keepsEverything(values.retention) ? null : values.retention,
  };
}
