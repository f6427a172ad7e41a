import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, ask, rememberCsrfToken } from "@/api/client";
import type { Me } from "@/api/types";

/** The permissions of the server, by the names that it answers. */
export type Permission =
  | "own"
  | "read"
  | "restore"
  | "run"
  | "managePlans"
  | "manageStorage"
  | "manageServers"
  | "manageWorkers"
  | "manageUsers"
  | "manageTokens"
  | "manageSettings"
  | "readAudit"
  | "recoveryKit";

/** Whether a first administrator must be made, and what the application is called. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: () => ask(api.GET("/api/setup")),
});

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Me> => {
    const me = await ask(api.GET("/api/auth/me"));
    rememberCsrfToken(me.csrfToken);
    return me;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** Who is signed in. Only below the shell, whose route has loaded it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}
