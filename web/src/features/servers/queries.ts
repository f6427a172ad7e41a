import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { Server } from "@/api/types";
import { i18n } from "@/i18n/i18n";
import type { ChoiceSource } from "@/shared/choice/useChoices";

export const serverQuery = (id: number) =>
  queryOptions({
    queryKey: ["servers", id],
    queryFn: () => ask(api.GET("/api/servers/{id}", { params: { path: { id } } })),
  });

export const serverSource: ChoiceSource<Server> = {
  topic: "servers",
  page: (query, signal) => ask(api.GET("/api/servers", { params: { query }, signal })),
  one: (id, signal) => ask(api.GET("/api/servers/{id}", { params: { path: { id } }, signal })),
  label: ({ local, name }) => (local ? i18n.t("servers.thisMachineNamed", { name }) : name),
};

/** The machine that the server runs on; `null` where it does not protect itself. */
export const localServerQuery = () =>
  queryOptions({
    queryKey: ["servers", "local"],
    queryFn: async () => {
      // It is the first of the list.
      const { items } = await ask(api.GET("/api/servers", { params: { query: { limit: 1 } } }));
      return items.find((server) => server.local) ?? null;
    },
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
