/** Numbers and times as people of the current language write them. Pure functions of value, language and (where asked) now. */
import { useTranslation } from "react-i18next";
import type { Language } from "@/api/types";
import { currentLanguage } from "@/i18n/i18n";

const LOCALES: Record<Language, string> = { fr: "fr-FR", en: "en-GB" };
const BYTE_UNITS: Record<Language, readonly string[]> = {
  fr: ["o", "Kio", "Mio", "Gio", "Tio", "Pio"],
  en: ["B", "KiB", "MiB", "GiB", "TiB", "PiB"],
};
/** Between a number and its unit: no line may break here. */
const NARROW_SPACE = "\u202f";

/** Binary units, three significant digits: `1.25 GiB`, `1,25 Gio`. */
export function formatBytes(bytes: number, language: Language): string {
  const units = BYTE_UNITS[language];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${formatNumber(value, language, digits)}${NARROW_SPACE}${units[power]}`;
}

export function formatRate(bytesPerSecond: number, language: Language): string {
  return `${formatBytes(bytesPerSecond, language)}/s`;
}

export function formatNumber(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

/** `share` between 0 and 1. Never rounds up to 100 %: what is not done is not done. */
export function formatPercent(share: number, language: Language): string {
  const shown = share >= 1 ? 1 : Math.min(Math.max(share, 0), 0.999);
  return new Intl.NumberFormat(LOCALES[language], {
    style: "percent",
    maximumFractionDigits: shown > 0 && (shown < 0.1 || shown > 0.99) && shown < 1 ? 1 : 0,
    roundingMode: "trunc",
  }).format(shown);
}

/** The two largest units: `2 h 5 min`, `3 d 4 h`, `12 s`. */
export function formatDuration(seconds: number, language: Language): string {
  const day = language === "fr" ? "j" : "d";
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), day],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return `0${NARROW_SPACE}s`;
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${NARROW_SPACE}${unit}`)
    .join(" ");
}

export function formatDateTime(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(instant),
  );
}

/** With seconds and time zone: for tooltips and logs. */
export function formatExactTime(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "full", timeStyle: "long" }).format(new Date(instant));
}

export function formatDate(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium" }).format(new Date(instant));
}

export function formatClock(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "medium" }).format(new Date(instant));
}

/** Hours and minutes; at midnight the day that begins: for the axis of a chart. */
export function formatHour(instant: string, language: Language): string {
  const at = new Date(instant);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  const options: Intl.DateTimeFormatOptions = isMidnight ? { day: "numeric", month: "short" } : { timeStyle: "short" };
  return new Intl.DateTimeFormat(LOCALES[language], options).format(at);
}

const RELATIVE_STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** Under a minute; what the browser says for it ("now") is no answer to "when was the last success?". */
const MOMENT: Record<Language, { past: string; future: string }> = {
  fr: { past: "à l’instant", future: "dans un instant" },
  en: { past: "just now", future: "in a moment" },
};

/** `3 hours ago`, `in 5 minutes`; under a minute: `just now`, `in a moment`. */
export function formatRelative(instant: string, nowMs: number, language: Language): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  const relative = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" });
  for (const [unit, length] of RELATIVE_STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? MOMENT[language].future : MOMENT[language].past;
}

export interface Format {
  bytes: (value: number) => string;
  rate: (bytesPerSecond: number) => string;
  number: (value: number, digits?: number) => string;
  percent: (share: number) => string;
  duration: (seconds: number) => string;
  date: (instant: string) => string;
  dateTime: (instant: string) => string;
  exactTime: (instant: string) => string;
  clock: (instant: string) => string;
  hour: (instant: string) => string;
}

/** The formatters of the current language; renders again when the language changes. */
export function useFormat(): Format {
  useTranslation();
  const language = currentLanguage();
  return {
    bytes: (value) => formatBytes(value, language),
    rate: (value) => formatRate(value, language),
    number: (value, digits) => formatNumber(value, language, digits),
    percent: (share) => formatPercent(share, language),
    duration: (seconds) => formatDuration(seconds, language),
    date: (instant) => formatDate(instant, language),
    dateTime: (instant) => formatDateTime(instant, language),
    exactTime: (instant) => formatExactTime(instant, language),
    clock: (instant) => formatClock(instant, language),
    hour: (instant) => formatHour(instant, language),
  };
}
