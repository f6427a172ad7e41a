/**
 * A list that opens with a filter set. The routes' search parameters have no types of their own (each list reads what it
 * knows), so the router's type for them allows none.
 */
export function listOf(filters: Record<string, string | number>): { search: never } {
  return { search: filters as never };
}
