import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { HistoryRange, ServerThresholds, Thresholds } from "@/api/types";

const of = (id: number) => ({ path: { id } });

/** Keys begin with `stats` and the server's number: an event about one machine makes old what is shown of it alone. */
export const statsQuery = (id: number) =>
  queryOptions({ queryKey: ["stats", id], queryFn: () => ask(api.GET("/api/servers/{id}/stats", { params: of(id) })) });

export const historyQuery = (id: number, range: HistoryRange) =>
  queryOptions({
    queryKey: ["stats", id, "history", range],
    queryFn: () => ask(api.GET("/api/servers/{id}/stats/history", { params: { ...of(id), query: { range } } })),
    // Another range is drawn over the last one until it is there.
    placeholderData: (before) => before,
  });

export const capabilitiesQuery = (id: number) =>
  queryOptions({
    queryKey: ["stats", id, "capabilities"],
    queryFn: () => ask(api.GET("/api/servers/{id}/capabilities", { params: of(id) })),
  });

export const thresholdsQuery = (id: number) =>
  queryOptions({
    queryKey: ["stats", id, "thresholds"],
    queryFn: () => ask(api.GET("/api/servers/{id}/thresholds", { params: of(id) })),
  });

export const alertsQuery = (id: number) =>
  queryOptions({
    queryKey: ["alerts", "servers", id],
    queryFn: () => ask(api.GET("/api/servers/{id}/alerts", { params: of(id) })),
  });

/** Has the machine looked at now. */
export function useCollectStats(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(api.POST("/api/servers/{id}/collect-stats", { params: of(id) })),
    onSuccess: () => {
      for (const key of [["stats", id], ["alerts"]]) void client.invalidateQueries({ queryKey: key });
    },
  });
}

/** Has it found out anew what can be done on the machine. */
export function useLearnCapabilities(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask(api.POST("/api/servers/{id}/capabilities", { params: of(id) })),
    onSuccess: (found) => client.setQueryData(capabilitiesQuery(id).queryKey, found),
  });
}

/** `null`: the machine follows the settings from now on. */
export function useSaveServerThresholds(id: number, seen: ServerThresholds) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (own: Thresholds | null) =>
      ask(api.PUT("/api/servers/{id}/thresholds", { params: { ...of(id), header: ifMatch(seen) }, body: { own } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["stats", id] }),
    meta: { quiet: true },
  });
}
