import { useCallback, useSyncExternalStore } from "react";
import type { JobProgress } from "@/api/types";

/** The last progress of each running job, as it was pushed. A state that ends the job removes it. */
const current = new Map<number, JobProgress>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

export function rememberProgress(jobId: number, data: unknown): void {
  if (!isProgress(data)) return;
  current.set(jobId, data);
  tell();
}

export function forgetProgress(jobId: number): void {
  if (current.delete(jobId)) tell();
}

export function forgetAllProgress(): void {
  current.clear();
  tell();
}

function isProgress(data: unknown): data is JobProgress {
  return typeof data === "object" && data !== null && "counters" in data && "step" in data;
}

/** Live progress of a job; `fallback` (from the job's own data) until the first event comes. */
export function useJobProgress(jobId: number | null | undefined, fallback?: JobProgress | null): JobProgress | null {
  const subscribe = useCallback((listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  const live = useSyncExternalStore(subscribe, () => (jobId == null ? undefined : current.get(jobId)));
  return live ?? fallback ?? null;
}
