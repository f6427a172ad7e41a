import type { AnyRoute } from "@tanstack/react-router";
import { page } from "./page";

/** The account, and what administrators see of people, settings and machinery. */
export function accessRoutes(shell: AnyRoute): AnyRoute[] {
  return [
    page(shell, { path: "account", permission: "own" }, () => import("@/pages/account/AccountPage"), "AccountPage"),
  ];
}
