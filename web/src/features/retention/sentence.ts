import type { TFunction } from "i18next";
import type { Retention } from "@/api/types";

/** The rules in the order in which people think of them; with how many days one step of each reaches back. */
export const RETENTION_RULES = [
  { rule: "last", days: 0 },
  { rule: "hourly", days: 1 / 24 },
  { rule: "daily", days: 1 },
  { rule: "weekly", days: 7 },
  { rule: "monthly", days: 30.4 },
  { rule: "quarterly", days: 91.3 },
  { rule: "yearly", days: 365.25 },
] as const;

export type RetentionRule = (typeof RETENTION_RULES)[number]["rule"];

export const NO_RETENTION: Retention = {
  last: 0,
  hourly: 0,
  daily: 0,
  weekly: 0,
  monthly: 0,
  quarterly: 0,
  yearly: 0,
  within: null,
};

/** Named ladders; a person starts from one and changes numbers. */
export const RETENTION_PRESETS = {
  short: { ...NO_RETENTION, daily: 14 },
  standard: { ...NO_RETENTION, daily: 7, weekly: 4, monthly: 12 },
  long: { ...NO_RETENTION, daily: 30, weekly: 12, monthly: 24, yearly: 10 },
} satisfies Record<string, Retention>;

export function keepsEverything(retention: Retention | null): boolean {
  return !retention || (!retention.within && RETENTION_RULES.every(({ rule }) => retention[rule] === 0));
}

/** At most how many recovery points the ladder keeps; `within` is not counted: it depends on how often the plan runs. */
export function mostKept(retention: Retention): number {
  return RETENTION_RULES.reduce((sum, { rule }) => sum + retention[rule], 0);
}

/** How far back the oldest kept recovery point lies, in days, once the ladder is full. */
export function reachDays(retention: Retention): number {
  return Math.max(0, ...RETENTION_RULES.map(({ rule, days }) => retention[rule] * days));
}

const WITHIN = /^(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)d)?(?:(\d+)h)?$/;

/** `1y6m14d3h` in its parts, or nothing where it is none. */
export function parseWithin(text: string): { years: number; months: number; days: number; hours: number } | null {
  const found = WITHIN.exec(text.trim());
  if (!found || text.trim() === "") return null;
  const part = (at: number) => Number(found[at] ?? 0);
  return { years: part(1), months: part(2), days: part(3), hours: part(4) };
}

/** What is kept, as one sentence in the reader's language. */
export function retentionSentence(retention: Retention | null, t: TFunction, language: string): string {
  if (!retention || keepsEverything(retention)) return t("retention.everything");
  const list = new Intl.ListFormat(language, { type: "conjunction" });
  const parts = RETENTION_RULES.filter(({ rule }) => retention[rule] > 0).map(({ rule }) =>
    t(`retention.part.${rule}`, { count: retention[rule] }),
  );
  const within = retention.within ? parseWithin(retention.within) : null;
  if (within) {
    const units = (["years", "months", "days", "hours"] as const)
      .filter((unit) => within[unit] > 0)
      .map((unit) => t(`retention.unit.${unit}`, { count: within[unit] }));
    parts.unshift(t("retention.part.within", { time: list.format(units) }));
  }
  return t("retention.sentence", { parts: list.format(parts) });
}

/** Days as people speak of long times: whole days, months or years. */
export function reachInWords(days: number, t: TFunction): string {
  if (days < 60) return t("retention.unit.days", { count: Math.round(days) });
  if (days < 730) return t("retention.unit.months", { count: Math.round(days / 30.4) });
  return t("retention.unit.years", { count: Math.round(days / 365.25) });
}
