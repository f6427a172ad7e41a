import type { InfiniteData, Query } from "@tanstack/react-query";

/**
 * From here on a list is not asked for again by itself: each of its pages is a request, and events come in every second
 * where many machines are protected. It then says that it has changed.
 */
const LONG_PAGES = 8;

export function isLongList(query: Pick<Query, "state">): boolean {
  const data: unknown = query.state.data;
  return isPaged(data) && data.pages.length > LONG_PAGES;
}

/** The list as it was when it was opened: its first page. */
export function firstPageOf<T, P>(data: InfiniteData<T, P> | undefined): InfiniteData<T, P> | undefined {
  return data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) };
}

function isPaged(data: unknown): data is { pages: unknown[] } {
  return typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages);
}
