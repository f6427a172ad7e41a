import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { Plan, PlanWrite } from "@/api/types";
import type { ChoiceSource } from "@/shared/choice/useChoices";

export const planQuery = (id: number) =>
  queryOptions({
    queryKey: ["plans", id],
    queryFn: () => ask(api.GET("/api/plans/{id}", { params: { path: { id } } })),
  });

/** The next fire times, as the server's own scheduler computes them. */
export const schedulePreviewQuery = (cron: string, timeZone: string, count = 5) =>
  queryOptions({
    queryKey: ["schedule-preview", cron, timeZone, count],
    queryFn: () => ask(api.POST("/api/plans/preview-schedule", { body: { cron, timeZone, count } })),
    retry: false,
    placeholderData: (previous) => previous,
  });

/** Everything that tells of plans is asked for again; the events do the same, for what others change. */
function useForget() {
  const client = useQueryClient();
  return () => {
    for (const key of ["plans", "dashboard", "runs", "servers"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

export function useSavePlan(existing: Plan | null) {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: PlanWrite) =>
      existing
        ? ask(
            api.PUT("/api/plans/{id}", {
              params: { path: { id: existing.id }, header: ifMatch(existing) },
              body,
            }),
          )
        : ask(api.POST("/api/plans", { body })),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

export function useExecutePlan() {
  const forget = useForget();
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/plans/{id}/execute", { params: { path: { id } } })),
    onSuccess: forget,
  });
}

export function useDeletePlan() {
  const forget = useForget();
  return useMutation({
    mutationFn: (plan: Plan) =>
      ask(api.DELETE("/api/plans/{id}", { params: { path: { id: plan.id }, header: ifMatch(plan) } })),
    onSuccess: forget,
  });
}

/** What is written back of a plan that was read. */
export function planWriteOf(plan: Plan): PlanWrite {
  return {
    name: plan.name,
    serverId: plan.serverId,
    repositoryId: plan.repositoryId,
    enabled: plan.enabled,
    sources: plan.sources,
    schedule: plan.schedule ?? null,
    retention: plan.retention ?? null,
    compression: plan.compression,
    tags: plan.tags,
    priority: plan.priority,
    maxRetries: plan.maxRetries,
    verifyAfterRun: plan.verifyAfterRun,
  };
}

export const planSource: ChoiceSource<Plan> = {
  topic: "plans",
  page: (query, signal) => ask(api.GET("/api/plans", { params: { query }, signal })),
  one: (id, signal) => ask(api.GET("/api/plans/{id}", { params: { path: { id } }, signal })),
};
