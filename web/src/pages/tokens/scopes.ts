import type { Permission } from "@/app/session";

/** In the order in which they are offered: from what looks to what changes. */
export const SCOPES = [
  "read",
  "restore",
  "run",
  "managePlans",
  "manageStorage",
  "manageServers",
  "manageWorkers",
  "manageUsers",
  "manageTokens",
  "manageSettings",
  "readAudit",
  "recoveryKit",
  "own",
] as const satisfies readonly Permission[];

export function isScope(name: string): name is Permission {
  return SCOPES.some((scope) => scope === name);
}
