import type { InfiniteData } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef } from "react";
import type { Page } from "@/api/types";

/** Below this many rows from the end the next page is asked for. */
const AHEAD_ROWS = 60;

/** What of an infinite query is needed here. */
export interface EndlessQuery<T> {
  data: InfiniteData<Page<T>> | undefined;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

interface EndlessRows<T> {
  /** The element that scrolls. */
  box: RefObject<HTMLDivElement | null>;
  rows: T[];
  /** The rows in sight, and where each begins, in pixels. */
  inSight: { row: T; startPx: number }[];
  heightPx: number;
}

/** A scrolling box over any number of rows: those in sight are in the document, and pages come before they are reached. */
export function useEndlessRows<T>(query: EndlessQuery<T>, rowPx: number, keep?: (row: T) => boolean): EndlessRows<T> {
  const box = useRef<HTMLDivElement>(null);
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = keep ? all.filter(keep) : all;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - AHEAD_ROWS) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);
  const inSight = items.flatMap(({ index, start }) => {
    const row = rows[index];
    return row === undefined ? [] : [{ row, startPx: start }];
  });
  return { box, rows, inSight, heightPx: virtualizer.getTotalSize() };
}
