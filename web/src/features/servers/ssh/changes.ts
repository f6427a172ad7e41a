import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { SshLogin } from "@/api/types";

/** What is done to an agent by SSH; each is a job. */
export const AGENT_ACTIONS = ["install", "upgrade", "restart", "journal", "uninstall"] as const;
export type AgentAction = (typeof AGENT_ACTIONS)[number];

export const reachQuery = (id: number) =>
  queryOptions({
    queryKey: ["servers", id, "ssh"],
    queryFn: () => ask(api.GET("/api/servers/{id}/ssh", { params: { path: { id } } })),
    // A login that went well changes it, and nothing tells of that.
    staleTime: 0,
  });

const CALLS = {
  install: (id: number, body: SshLogin) =>
    ask(api.POST("/api/servers/{id}/agent/install", { params: { path: { id } }, body })),
  upgrade: (id: number, body: SshLogin) =>
    ask(api.POST("/api/servers/{id}/agent/upgrade", { params: { path: { id } }, body })),
  restart: (id: number, body: SshLogin) =>
    ask(api.POST("/api/servers/{id}/agent/restart", { params: { path: { id } }, body })),
  journal: (id: number, body: SshLogin) =>
    ask(api.POST("/api/servers/{id}/agent/journal", { params: { path: { id } }, body })),
  uninstall: (id: number, body: SshLogin) =>
    ask(api.POST("/api/servers/{id}/agent/uninstall", { params: { path: { id } }, body })),
} as const;

/** Puts the job into the queue. */
export function useAgentJob(id: number, action: AgentAction) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (login: SshLogin) => CALLS[action](id, login),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["servers", id, "ssh"] }),
    gcTime: 0,
    meta: { quiet: true },
  });
}

/** The key that the machine shows; nobody logs in. */
export function useHostKey(id: number) {
  return useMutation({
    mutationFn: (place: { address: string; port: number }) =>
      ask(api.POST("/api/servers/{id}/ssh/host-key", { params: { path: { id } }, body: place })),
    gcTime: 0,
    meta: { quiet: true },
  });
}

export function useForgetHostKey(id: number) {
  return useMutation({
    mutationFn: () => ask(api.DELETE("/api/servers/{id}/ssh/host-key", { params: { path: { id } } })),
    meta: { quiet: true },
  });
}
