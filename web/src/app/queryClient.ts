import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isPassing, isSignedOut } from "@/api/errors";
import { showError } from "@/shared/notify";

declare module "@tanstack/react-query" {
  interface Register {
    mutationMeta: {
      /** The form shows the error itself, beside its field. */
      quiet?: boolean;
    };
  }
}

/** A passing failure is asked for again twice; a refusal is an answer. */
const MOST_RETRIES = 2;

/**
 * Data stays fresh until an event says otherwise (see `events/`), so nothing is asked for twice and nothing is polled.
 * `signedOut` is called when the server no longer knows the session.
 */
export function makeQueryClient(signedOut: () => void): QueryClient {
  const leave = (error: unknown): boolean => {
    if (!isSignedOut(error)) return false;
    signedOut();
    return true;
  };
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // Nobody was signed in yet: the router leads to the login page.
        if (query.queryKey[0] === "me" && query.state.data === undefined) return;
        leave(error);
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (mutation.meta?.quiet) return;
        if (!leave(error)) showError(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        retry: (count, error) => isPassing(error) && count < MOST_RETRIES,
      },
    },
  });
}
