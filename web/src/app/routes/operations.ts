import type { AnyRoute } from "@tanstack/react-router";

/** What is protected, where it lies, what ran, and bringing it back. */
export function operationsRoutes(_shell: AnyRoute): AnyRoute[] {
  return [];
}
