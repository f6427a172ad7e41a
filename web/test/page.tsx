/** Renders a component as a page of the application: theme, cache, router, and who is signed in. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from "@tanstack/react-router";
import { act, render } from "@testing-library/react";
import axe from "axe-core";
import type { FunctionComponent } from "react";
import type { Me } from "@/api/types";
import { makeQueryClient } from "@/app/queryClient";
import { meQuery } from "@/app/session";
import { cssVariables, theme } from "@/theme/theme";

interface Options {
  me?: Me;
  path?: string;
}

export async function renderPage(Component: FunctionComponent, { me, path = "/" }: Options = {}) {
  const client = makeQueryClient(() => undefined);
  if (me) client.setQueryData(meQuery.queryKey, me);
  const root = createRootRoute({ component: Outlet });
  const tree = root.addChildren([
    createRoute({ getParentRoute: () => root, path: "/", component: Component }),
    createRoute({ getParentRoute: () => root, path: "$", component: () => <p data-testid="elsewhere" /> }),
  ]);
  const router = createRouter({ routeTree: tree, history: createMemoryHistory({ initialEntries: [path] }) });
  // Without waiting for transitions: tests ask for what is there.
  const view = render(
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} env="test">
      <Notifications />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await act(() => router.load());
  return { ...view, client, router };
}

/** Rules that need a real layout, or the whole document, are the browser tests' matter. */
const NOT_HERE = ["color-contrast", "region", "landmark-one-main", "page-has-heading-one"];

/** What axe finds wrong, one line for each. */
export async function problemsOf(element: Element): Promise<string[]> {
  const { violations } = await axe.run(element, {
    rules: Object.fromEntries(NOT_HERE.map((rule) => [rule, { enabled: false }])),
  });
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(" | ")}`);
}
