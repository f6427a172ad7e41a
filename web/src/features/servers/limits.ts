/** What an agent's work may take, as a form holds it, and the way there and back. */
import * as z from "zod";
import type { AgentLimits } from "@/api/types";
import { i18n } from "@/i18n/i18n";

const MIB = 1024 ** 2;
/** The server takes no less. */
const LEAST_MIB = 1 / 16;

/** MiB per second; empty: as fast as it goes. */
const rate = z.union([z.literal(""), z.number().min(LEAST_MIB)], { error: () => i18n.t("servers.limits.rateBad") });
const hour = z.string().transform(Number);

export const limitsSchema = z.object({
  priority: z.enum(["normal", "low", "idle"]),
  rate,
  hours: z
    .array(
      z.object({ from: hour, until: hour, rate }).refine(({ from, until }) => from !== until, {
        path: ["until"],
        error: () => i18n.t("servers.limits.sameHour"),
      }),
    )
    .max(24),
  timeZone: z.string(),
});

export type LimitsValues = z.input<typeof limitsSchema>;
export type LimitsChecked = z.output<typeof limitsSchema>;

const shown = (bytes: number | null | undefined) => (bytes == null ? "" : Math.round((bytes / MIB) * 100) / 100);
const meant = (mib: number | "") => (mib === "" ? null : Math.round(mib * MIB));

export function limitsDraft({ priority, bytesPerSecond, hours, timeZone }: AgentLimits, here: string): LimitsValues {
  return {
    priority,
    rate: shown(bytesPerSecond),
    hours: hours.map(({ from, until, bytesPerSecond }) => ({
      from: String(from),
      until: String(until),
      rate: shown(bytesPerSecond),
    })),
    // Nobody has chosen one where no hours are given.
    timeZone: hours.length === 0 ? here : timeZone,
  };
}

export function limitsWrite({ rate, hours, ...rest }: LimitsChecked): AgentLimits {
  return {
    ...rest,
    bytesPerSecond: meant(rate),
    hours: hours.map(({ from, until, rate }) => ({ from, until, bytesPerSecond: meant(rate) })),
  };
}
