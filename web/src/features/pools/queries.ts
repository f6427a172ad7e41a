import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { Pool, PoolPlace } from "@/api/types";
import type { ChoiceSource } from "@/shared/choice/useChoices";

export const poolQuery = (id: number) =>
  queryOptions({
    queryKey: ["pools", id],
    queryFn: () => ask(api.GET("/api/pools/{id}", { params: { path: { id } } })),
  });

export const poolSource: ChoiceSource<Pool> = {
  topic: "pools",
  page: (query, signal) => ask(api.GET("/api/pools", { params: { query }, signal })),
  one: (id, signal) => ask(api.GET("/api/pools/{id}", { params: { path: { id } }, signal })),
};

export const poolHistoryQuery = (id: number) =>
  queryOptions({
    queryKey: ["pools", id, "history"],
    queryFn: () => ask(api.GET("/api/pools/{id}/history", { params: { path: { id } } })),
  });

function useForget() {
  const client = useQueryClient();
  return () => {
    for (const key of ["pools", "dashboard"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

/** Writes, reads and deletes at the place itself; a refusal of the place is an answer (`ok: false`), not an error. */
export function useTestPool() {
  return useMutation({
    mutationFn: (body: { place: PoolPlace; poolId: number | null }) => ask(api.POST("/api/pools/test", { body })),
    meta: { quiet: true },
  });
}

/** Makes a pool, or changes the one that is there. */
export function useSavePool(existing: Pool | undefined) {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: { name: string; place: PoolPlace }) =>
      existing
        ? ask(
            api.PATCH("/api/pools/{id}", {
              params: { path: { id: existing.id }, header: ifMatch(existing) },
              body,
            }),
          )
        : ask(api.POST("/api/pools", { body })),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

export function useDeletePool() {
  const forget = useForget();
  return useMutation({
    mutationFn: (pool: Pool) =>
      ask(api.DELETE("/api/pools/{id}", { params: { path: { id: pool.id }, header: ifMatch(pool) } })),
    onSuccess: forget,
  });
}

export function useAnalysePool() {
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/pools/{id}/analyse", { params: { path: { id } } })),
  });
}
