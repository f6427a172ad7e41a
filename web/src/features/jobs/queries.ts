import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { JobState, LogLine } from "@/api/types";
import { useJobProgress } from "@/events/progress";

export const isOver = (state: JobState): boolean =>
  state === "succeeded" || state === "warning" || state === "failed" || state === "canceled";

export const jobQuery = (id: number) =>
  queryOptions({
    queryKey: ["jobs", id],
    queryFn: () => ask(api.GET("/api/jobs/{id}", { params: { path: { id } } })),
  });

export function useCancelJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/jobs/{id}/cancel", { params: { path: { id } } })),
    onSuccess: () => {
      for (const key of ["jobs", "runs", "dashboard"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

const LOG_PAGE = 500;
/** More than this is not kept in the page; the whole log is on the server. */
const LINES_KEPT = 20_000;

/**
 * The lines of a job's log, growing while it goes on: only what came after the last known line is asked for, once for
 * each progress that the server pushes.
 */
export function useJobLog(jobId: number | null | undefined) {
  const client = useQueryClient();
  const progress = useJobProgress(jobId);
  const { i18n } = useTranslation();
  // The server tells the lines in the reader's language.
  const key = ["jobs", jobId, "log", i18n.resolvedLanguage] as const;
  const log = useQuery({
    queryKey: key,
    enabled: jobId != null,
    queryFn: async ({ signal }): Promise<LogLine[]> => {
      if (jobId == null) return [];
      let lines = client.getQueryData<LogLine[]>(key) ?? [];
      for (;;) {
        const after = lines.at(-1)?.seq ?? 0;
        const page = await ask(
          api.GET("/api/jobs/{id}/log", {
            params: { path: { id: jobId }, query: { limit: LOG_PAGE, ...(after > 0 && { cursor: String(after) }) } },
            signal,
          }),
        );
        const fresh = page.items.filter((line) => line.seq > after);
        lines = [...lines, ...fresh].slice(-LINES_KEPT);
        if (fresh.length === 0 || page.nextCursor == null) return lines;
      }
    },
    structuralSharing: false,
  });
  useEffect(() => {
    if (progress) void client.invalidateQueries({ queryKey: ["jobs", jobId, "log"] });
  }, [progress, client, jobId]);
  return log;
}
