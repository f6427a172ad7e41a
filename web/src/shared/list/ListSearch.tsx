import { Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SearchBox } from "./SearchBox";

const SEARCH_DELAY_MS = 250;
/** As many are seen at a glance. */
const SEARCHED_FROM = 12;

/** The search of a list that is part of a page: what is typed, and what the server is asked, once the fingers rest. */
export function useListText() {
  const [q, setQ] = useState("");
  return { q, ask: useDebouncedCallback(setQ, SEARCH_DELAY_MS) };
}

interface ListSearchProps {
  search: ReturnType<typeof useListText>;
  /** Of what is found; where there is little from the start, there is nothing to search. */
  total: number;
  /** What the search looks through, in words. */
  searchIn: string;
}

export function ListSearch({ search, total, searchIn }: ListSearchProps) {
  const { t } = useTranslation();
  const [shown, show] = useState(false);
  // It stays while it is typed in, whatever is found.
  if (!shown && total >= SEARCHED_FROM) show(true);
  if (!shown) return null;
  return <SearchBox value={search.q} label={t("list.searchIn", { list: searchIn })} onChange={search.ask} />;
}

/** In place of the rows where the search finds none. */
export function NothingFound({ items, q }: { items: unknown[] | undefined; q: string }) {
  const { t } = useTranslation();
  if (q === "" || items === undefined || items.length > 0) return null;
  return (
    <Text size="sm" c="dimmed" py="sm" role="status">
      {t("list.nothingFound")}
    </Text>
  );
}
