import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage } from "@/i18n/i18n";
import { formatDateTime, formatExactTime, formatRelative } from "./format";

/** One clock for all relative times of a page. It reads no data: it only lets "3 minutes ago" grow old. */
const TICK_MS = 30_000;
let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const tell of listeners) tell();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

function readNow(): number {
  if (listeners.size === 0) nowMs = Date.now();
  return nowMs;
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, readNow);
}

interface TimeProps {
  at: string | null | undefined;
  /** What stands where there is no instant. */
  missing?: string;
  /** `3 hours ago` (the default), or date and time. */
  absolute?: boolean;
}

/** An instant, with its exact value in a tooltip that keyboard and touch open too. */
export function Time({ at, missing = "–", absolute = false }: TimeProps) {
  useTranslation();
  // What has just happened is younger than the last tick, and no matter of the future.
  const now = Math.max(useNow(), Date.now());
  const language = currentLanguage();
  if (!at) return <span>{missing}</span>;
  return (
    <Tooltip label={formatExactTime(at, language)}>
      <time dateTime={at}>{absolute ? formatDateTime(at, language) : formatRelative(at, now, language)}</time>
    </Tooltip>
  );
}
