import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** What a list shows, kept in the page's address: it can be sent to a colleague, and "back" brings it back. */
export interface ListSearch {
  q: string;
  sort: string | undefined;
  filters: Record<string, string>;
}

export function useListSearch(filterIds: readonly string[]): {
  search: ListSearch;
  change: (next: Record<string, string | undefined>) => void;
} {
  const raw: object = useSearch({ strict: false });
  const navigate = useNavigate();
  const filters: Record<string, string> = {};
  for (const id of filterIds) {
    const value = textIn(raw, id);
    if (value !== undefined) filters[id] = value;
  }
  const change = useCallback(
    (next: Record<string, string | undefined>) => {
      void navigate({
        to: ".",
        search: (before: object) => ({ ...before, ...next }),
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return { search: { q: textIn(raw, "q") ?? "", sort: textIn(raw, "sort"), filters }, change };
}

function textIn(search: object, key: string): string | undefined {
  const value: unknown = Reflect.get(search, key);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
