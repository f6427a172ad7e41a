import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { isSignedOut } from "@/api/errors";
import { PageSkeleton } from "@/shared/Page";
import { BrokenPage, MissingPage } from "./lost";
import { accessRoutes } from "./routes/access";
import { operationsRoutes } from "./routes/operations";
import type { RouterContext } from "./routes/page";
import { meQuery, setupQuery } from "./session";
import { Shell } from "./shell/Shell";

const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Outlet });

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "setup",
  beforeLoad: async ({ context }) => {
    const { needed } = await context.client.fetchQuery(setupQuery);
    if (!needed) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("@/pages/setup/SetupPage"), "SetupPage"),
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "login",
  beforeLoad: async ({ context }) => {
    const { needed } = await context.client.fetchQuery(setupQuery);
    if (needed) throw redirect({ to: "/setup" });
  },
  component: lazyRouteComponent(() => import("@/pages/login/LoginPage"), "LoginPage"),
});

/** Nobody passes who is not signed in; where they wanted to go is remembered. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    const { needed } = await context.client.ensureQueryData(setupQuery);
    if (needed) throw redirect({ to: "/setup" });
    try {
      await context.client.ensureQueryData(meQuery);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      throw redirect({ to: "/login", search: location.pathname === "/" ? {} : { redirect: location.href } });
    }
  },
  component: Shell,
});

/** Whatever has no page of its own: said in the frame, from which every other page can be reached. */
const missingRoute = createRoute({ getParentRoute: () => shellRoute, path: "$", component: MissingPage });

export function makeRouter(client: QueryClient) {
  const tree = rootRoute.addChildren([
    setupRoute,
    loginRoute,
    shellRoute.addChildren([...accessRoutes(shellRoute), ...operationsRoutes(shellRoute), missingRoute]),
  ]);
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: "intent",
    // The query cache decides what is fresh.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingMs: 200,
    defaultPendingComponent: PageSkeleton,
    defaultErrorComponent: BrokenPage,
    defaultNotFoundComponent: MissingPage,
  });
}
