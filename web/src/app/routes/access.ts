import type { AnyRoute } from "@tanstack/react-router";
import { page } from "./page";

/** The account, and what administrators see of people, settings and machinery. */
export function accessRoutes(shell: AnyRoute): AnyRoute[] {
  return [
    page(shell, { path: "account", permission: "own" }, () => import("@/pages/account/AccountPage"), "AccountPage"),
    page(shell, { path: "tokens", permission: "own" }, () => import("@/pages/tokens/TokensPage"), "TokensPage"),
    page(shell, { path: "users", permission: "manageUsers" }, () => import("@/pages/users/UsersPage"), "UsersPage"),
    page(shell, { path: "audit", permission: "readAudit" }, () => import("@/pages/audit/AuditPage"), "AuditPage"),
    page(
      shell,
      { path: "settings", permission: "manageSettings" },
      () => import("@/pages/settings/SettingsPage"),
      "SettingsPage",
    ),
    page(
      shell,
      { path: "workers", permission: "manageWorkers" },
      () => import("@/pages/workers/WorkersPage"),
      "WorkersPage",
    ),
    page(shell, { path: "system", permission: "read" }, () => import("@/pages/system/SystemPage"), "SystemPage"),
  ];
}
