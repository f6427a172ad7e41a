import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { rememberCsrfToken } from "@/api/client";
import { cssVariables, theme } from "@/theme/theme";
import { makeQueryClient } from "./queryClient";
import { makeRouter } from "./router";
import { meQuery } from "./session";

const colorSchemes = localStorageColorSchemeManager({ key: "rempart.theme" });

/** One router and one cache for the life of the tab. */
function start() {
  const client = makeQueryClient(() => {
    rememberCsrfToken(null);
    client.removeQueries({ queryKey: meQuery.queryKey });
    // The shell's route looks again, and leads to the login page.
    void router.invalidate();
  });
  const router = makeRouter(client);
  return { client, router };
}

export function App() {
  const [{ client, router }] = useState(start);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
    >
      <Notifications position="bottom-right" limit={4} containerWidth={400} />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
