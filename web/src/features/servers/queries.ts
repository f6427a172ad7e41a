import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";

export const serverQuery = (id: number) =>
  queryOptions({
    queryKey: ["servers", id],
    queryFn: () => ask(api.GET("/api/servers/{id}", { params: { path: { id } } })),
  });

/** Few in number and needed whole in choosers. */
export const serverChoicesQuery = () =>
  queryOptions({
    queryKey: ["servers", "choices"],
    queryFn: () => ask(api.GET("/api/servers", { params: { query: { limit: 200 } } })),
  });

const PAGE_ENTRIES = 500;

export const explorerQuery = (serverId: number, path: string) =>
  infiniteQueryOptions({
    queryKey: ["servers", serverId, "explorer", path],
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/api/servers/{id}/explorer", {
          params: {
            path: { id: serverId },
            query: { path, limit: PAGE_ENTRIES, ...(pageParam && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    // A folder may have changed since it was last looked into.
    staleTime: 5_000,
    retry: false,
  });
