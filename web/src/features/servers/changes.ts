import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { AgentLimits, Server } from "@/api/types";

function useForget() {
  const client = useQueryClient();
  return () => {
    for (const key of ["servers", "dashboard"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

export interface ServerDraft {
  name: string;
  address: string | null;
  labels: string[];
  /** Of a machine that is there already; left out, they stay. */
  limits?: AgentLimits;
}

/** Adds a machine, or changes what is said of one. */
export function useSaveServer(existing: Server | undefined) {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: ServerDraft) =>
      existing
        ? ask(api.PUT("/api/servers/{id}", { params: { path: { id: existing.id }, header: ifMatch(existing) }, body }))
        : ask(api.POST("/api/servers", { body })),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

/** Makes a token by which the machine's agent enrols: answered once, and the one before is void. */
export function useEnrol() {
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/servers/{id}/enrolment", { params: { path: { id } }, body: {} })),
    gcTime: 0,
    meta: { quiet: true },
  });
}

/** Takes the agent's key away: it comes back with a new token only. */
export function useRevokeAgent() {
  const forget = useForget();
  return useMutation({
    mutationFn: (server: Server) => ask(api.POST("/api/servers/{id}/revoke", { params: { path: { id: server.id } } })),
    onSuccess: forget,
  });
}

export function useDeleteServer() {
  const forget = useForget();
  return useMutation({
    mutationFn: (server: Server) =>
      ask(api.DELETE("/api/servers/{id}", { params: { path: { id: server.id }, header: ifMatch(server) } })),
    onSuccess: forget,
  });
}
