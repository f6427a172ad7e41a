import { keepPreviousData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import type { Page } from "@/api/types";

/** Rows asked for at once. */
const PAGE_ROWS = 50;

export interface PageQuery {
  limit: number;
  cursor?: string;
  q?: string;
}

/** A list that is part of a page, such as a card: it comes page by page, and `MorePages` asks for the next one. */
export function usePages<T>(
  queryKey: QueryKey,
  fetchPage: (query: PageQuery, signal: AbortSignal) => Promise<Page<T>>,
  q = "",
) {
  const query = useInfiniteQuery({
    queryKey: [...queryKey, "list", q],
    queryFn: ({ pageParam, signal }) =>
      fetchPage({ limit: PAGE_ROWS, ...(q && { q }), ...(pageParam && { cursor: pageParam }) }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const items = query.data?.pages.flatMap((page) => page.items);
  return { query, items, total: query.data?.pages[0]?.total ?? 0 };
}
