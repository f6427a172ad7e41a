import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { RunState } from "@/api/types";

export const isRunOver = (state: RunState): boolean => state !== "queued" && state !== "running";

export const runQuery = (id: number) =>
  queryOptions({
    queryKey: ["runs", id],
    queryFn: () => ask(api.GET("/api/runs/{id}", { params: { path: { id } } })),
  });

function useForget() {
  const client = useQueryClient();
  return () => {
    for (const key of ["runs", "jobs", "plans", "dashboard"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

export function useCancelRun() {
  const forget = useForget();
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/runs/{id}/cancel", { params: { path: { id } } })),
    onSuccess: forget,
  });
}

export function useRetryRun() {
  const forget = useForget();
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/runs/{id}/retry", { params: { path: { id } } })),
    onSuccess: forget,
  });
}
