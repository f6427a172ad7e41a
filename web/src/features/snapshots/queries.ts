import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { RestoreRequest, SnapshotEntry } from "@/api/types";

const PAGE_ENTRIES = 200;

export const snapshotQuery = (id: number) =>
  queryOptions({
    queryKey: ["snapshots", id],
    queryFn: () => ask(api.GET("/api/snapshots/{id}", { params: { path: { id } } })),
  });

/** What a snapshot holds never changes: what was read once stays right. */
export const filesQuery = (id: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ["snapshot-files", id, path],
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/api/snapshots/{id}/files", {
          params: { path: { id }, query: { path, limit: PAGE_ENTRIES, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const findQuery = (id: number, q: string) =>
  infiniteQueryOptions({
    queryKey: ["snapshot-find", id, q],
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/api/snapshots/{id}/find", {
          params: { path: { id }, query: { q, limit: PAGE_ENTRIES, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useRestore(id: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RestoreRequest) =>
      ask(api.POST("/api/snapshots/{id}/restore", { params: { path: { id } }, body })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
    meta: { quiet: true },
  });
}

export function useDeleteSnapshot() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => ask(api.DELETE("/api/snapshots/{id}", { params: { path: { id } } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

/** The browser itself fetches it: a file as it is, a folder as an archive. The path goes in as the entry names it. */
export function downloadUrl(id: number, entry: Pick<SnapshotEntry, "path">): string {
  return `/api/snapshots/${id}/download?path=${encodeURIComponent(entry.path)}`;
}
