import type { QueryClient } from "@tanstack/react-query";
import { meQuery, setupQuery } from "@/app/session";

/** After a session has begun: asks anew who is signed in, and what the page already knew as nobody. */
export async function enter(client: QueryClient): Promise<void> {
  client.removeQueries({ queryKey: setupQuery.queryKey });
  client.removeQueries({ queryKey: meQuery.queryKey });
  await client.fetchQuery(meQuery);
}

/** Where to go after signing in: only ever a page of ours. */
export function safeTarget(wanted: unknown): string {
  return typeof wanted === "string" && /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}
