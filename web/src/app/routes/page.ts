import type { QueryClient } from "@tanstack/react-query";
import { type AnyRoute, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { FunctionComponent } from "react";
import { meQuery, type Permission } from "../session";

/** Thrown before a page opens whose permission the role lacks. */
export class Forbidden extends Error {}

export interface RouterContext {
  client: QueryClient;
}

interface PageOptions {
  /** Path below the root, such as `plans/$planId`. */
  path: string;
  permission: Permission;
}

/**
 * A page below the shell, loaded when it is first opened.
 *
 *   page(shell, { path: "users", permission: "manageUsers" }, () => import("@/pages/users/UsersPage"), "UsersPage")
 */
export function page<Name extends string>(
  shell: AnyRoute,
  { path, permission }: PageOptions,
  load: () => Promise<Record<Name, FunctionComponent>>,
  name: Name,
): AnyRoute {
  return createRoute({
    getParentRoute: () => shell,
    path,
    component: lazyRouteComponent<Record<string, FunctionComponent>, string>(load, name),
    beforeLoad: async ({ context }: { context: RouterContext }) => {
      const me = await context.client.ensureQueryData(meQuery);
      if (!me.permissions.includes(permission)) throw new Forbidden();
    },
  });
}
