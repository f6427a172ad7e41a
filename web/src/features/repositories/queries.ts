import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask, ifMatch } from "@/api/client";
import type { ClientMode, Repository, RestClient } from "@/api/types";
import type { ChoiceSource } from "@/shared/choice/useChoices";
import { usePages } from "@/shared/list/usePages";

export const repositoryQuery = (id: number) =>
  queryOptions({
    queryKey: ["repositories", id],
    queryFn: () => ask(api.GET("/api/repositories/{id}", { params: { path: { id } } })),
  });

export const repositorySource: ChoiceSource<Repository> = {
  topic: "repositories",
  page: (query, signal) => ask(api.GET("/api/repositories", { params: { query }, signal })),
  one: (id, signal) => ask(api.GET("/api/repositories/{id}", { params: { path: { id } }, signal })),
  label: (repository) => `${repository.name} (${repository.poolName})`,
};

/** The restic clients of a repository whose names contain `q`. */
export const useClients = (id: number, q: string) =>
  usePages<RestClient>(
    ["repositories", id, "clients"],
    (query, signal) => ask(api.GET("/api/repositories/{id}/clients", { params: { path: { id }, query }, signal })),
    q,
  );

function useForget() {
  const client = useQueryClient();
  return () => {
    for (const key of ["repositories", "pools", "dashboard"]) void client.invalidateQueries({ queryKey: [key] });
  };
}

export interface RepositoryDraft {
  name: string;
  poolId: number;
  serverId: number;
  adoptPassword: string | null;
}

export function useCreateRepository() {
  const forget = useForget();
  return useMutation({
    mutationFn: (body: RepositoryDraft) => ask(api.POST("/api/repositories", { body })),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

export function useDeleteRepository() {
  const forget = useForget();
  return useMutation({
    mutationFn: (repository: Repository) =>
      ask(
        api.DELETE("/api/repositories/{id}", {
          params: { path: { id: repository.id }, header: ifMatch(repository) },
        }),
      ),
    onSuccess: forget,
  });
}

/** Answered once: what is not kept now is asked for anew. */
export function useRecoveryKit() {
  return useMutation({
    mutationFn: (id: number) => ask(api.POST("/api/repositories/{id}/recovery-kit", { params: { path: { id } } })),
    meta: { quiet: true },
    gcTime: 0,
  });
}

export function useConfirmKit(id: number) {
  const forget = useForget();
  return useMutation({
    mutationFn: (confirmationCode: string) =>
      ask(
        api.POST("/api/repositories/{id}/recovery-kit/confirm", {
          params: { path: { id } },
          body: { confirmationCode },
        }),
      ),
    onSuccess: forget,
    meta: { quiet: true },
  });
}

/** The jobs of a repository; each answers with the job that does it. */
export type RepositoryWork = "check" | "readCheck" | "prune" | "refresh";

export function useRepositoryWork(id: number) {
  const client = useQueryClient();
  const path = { params: { path: { id } } };
  return useMutation({
    mutationFn: (work: RepositoryWork) => {
      switch (work) {
        case "check":
          return ask(api.POST("/api/repositories/{id}/check", { ...path, body: { readData: false } }));
        case "readCheck":
          return ask(api.POST("/api/repositories/{id}/check", { ...path, body: { readData: true } }));
        case "prune":
          return ask(api.POST("/api/repositories/{id}/prune", path));
        case "refresh":
          return ask(api.POST("/api/repositories/{id}/refresh", path));
      }
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

/** Done at once: answers with how many locks were removed, and how many are still in use. */
export function useUnlockRepository(id: number) {
  return useMutation({
    mutationFn: () => ask(api.POST("/api/repositories/{id}/unlock", { params: { path: { id } } })),
  });
}

export interface ClientDraft {
  username: string;
  mode: ClientMode;
  quotaBytes: number | null;
}

export function useCreateClient(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ClientDraft) =>
      ask(api.POST("/api/repositories/{id}/clients", { params: { path: { id } }, body })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["repositories", id, "clients"] }),
    meta: { quiet: true },
    gcTime: 0,
  });
}

export function useDeleteClient(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (clientId: number) =>
      ask(api.DELETE("/api/repositories/{id}/clients/{clientId}", { params: { path: { id, clientId } } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["repositories", id, "clients"] }),
  });
}
