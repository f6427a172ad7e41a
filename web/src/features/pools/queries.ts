import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { Pool, PoolPlace } from "@/api/types";

export const poolQuery = (id: number) =>
  queryOptions({
    queryKey: ["pools", id],
    queryFn: () => ask(api.GET("/api/pools/{id}", { params: { path: { id } } })),
  });

/** Few in number and needed whole in choosers. */
export const poolChoicesQuery = () =>
  queryOptions({
    queryKey: ["pools", "choices"],
    queryFn: () => ask(api.GET("/api/pools", { params: { query: { limit: 200 } } })),
  });

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

export function useCreatePool() {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: { name: string; place: PoolPlace }) => ask(api.POST("/api/pools", { body })),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

export function useUpdatePool(pool: Pool) {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: { name: string | null; place: PoolPlace | null }) =>
      ask(
        api.PATCH("/api/pools/{id}", {
          params: { path: { id: pool.id }, header: ifMatch(pool) },
          body,
        }),
      ),
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
