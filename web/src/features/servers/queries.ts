import { queryOptions } from "@tanstack/react-query";
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

export const explorerQuery = (serverId: number, path: string) =>
  queryOptions({
    queryKey: ["servers", serverId, "explorer", path],
    queryFn: () => ask(api.GET("/api/servers/{id}/explorer", { params: { path: { id: serverId }, query: { path } } })),
    // A folder may have changed since it was last looked into.
    staleTime: 5_000,
    retry: false,
  });
