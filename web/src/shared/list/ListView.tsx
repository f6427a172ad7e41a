/**
 * A list that pages on the server and stays fast with any number of rows: pages are fetched by cursor as the reader comes
 * near their end, and only the rows in sight are in the document.
 *
 * Its query key begins with the topic whose events make it old; see `events/freshness.ts`.
 */
import { Button, Group, Select, Skeleton, Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Page } from "@/api/types";
import { ChoiceSelect } from "../choice/ChoiceSelect";
import { useFormat } from "../format";
import { EmptyState, ErrorState } from "../states";
import type { Column, Filter } from "./columns";
import styles from "./ListView.module.css";
import { firstPageOf, isLongList } from "./longList";
import { Rows } from "./Rows";
import { SearchBox } from "./SearchBox";
import { useListSearch } from "./useListSearch";

/** Rows asked for at once. */
const PAGE_ROWS = 50;
const SEARCH_DELAY_MS = 250;
/** Where the server stops counting: from here on a total means "at least". */
const COUNTED = 10_000;

export interface ListQuery {
  limit: number;
  cursor?: string;
  sort?: string;
  q?: string;
  [filter: string]: string | number | undefined;
}

interface ListViewProps<T> {
  /** Spoken name of the list. */
  label: string;
  /** Begins with the topic: `["users"]`. */
  queryKey: readonly string[];
  fetchPage: (query: ListQuery, signal: AbortSignal) => Promise<Page<T>>;
  columns: Column<T>[];
  rowKey: (row: T) => string | number;
  /** Where a row leads: the first cell becomes a link. */
  rowLink?: (row: T) => string;
  filters?: Filter[];
  /** What the search looks through, in words; without it there is no search. */
  searchIn?: string;
  defaultSort?: string;
  /** Parameters that the list always has, such as the plan whose runs it shows. */
  fixed?: Record<string, string | number>;
  /** Shown when there is nothing at all; names the next action. */
  empty: ReactNode;
}

export function ListView<T>(props: ListViewProps<T>) {
  const {
    label,
    queryKey,
    fetchPage,
    columns,
    rowKey,
    rowLink,
    filters = [],
    searchIn,
    defaultSort,
    fixed,
    empty,
  } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const { search, change } = useListSearch(filters.map((filter) => filter.id));
  const sort = search.sort ?? defaultSort;
  const asked = { ...fixed, ...search.filters, ...(search.q && { q: search.q }), ...(sort && { sort }) };

  const client = useQueryClient();
  const key = [...queryKey, "list", asked];
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      fetchPage({ limit: PAGE_ROWS, ...asked, ...(pageParam && { cursor: pageParam }) }, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    // Events say when it is old; a long one is not asked for again by itself.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: (known) => !isLongList(known),
    refetchOnWindowFocus: (known) => !isLongList(known),
    refetchOnReconnect: (known) => !isLongList(known),
  });
  const current = client.getQueryCache().find({ queryKey: key });
  const outdated = query.isStale && !query.isFetching && current !== undefined && isLongList(current);
  const renew = () => {
    client.setQueryData(key, firstPageOf<Page<T>, string>);
    window.scrollTo({ top: 0 });
    void query.refetch();
  };
  const changeSearch = useDebouncedCallback((q: string) => change({ q: q || undefined }), SEARCH_DELAY_MS);

  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const narrowed = search.q !== "" || Object.keys(search.filters).length > 0;

  if (query.isError && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data && rows.length === 0 && !narrowed) return <div className={styles.panel}>{empty}</div>;

  return (
    <section className={styles.panel} aria-label={label} aria-busy={query.isFetching}>
      <Group className={styles.tools} gap="sm" wrap="wrap">
        {searchIn && (
          <SearchBox value={search.q} label={t("list.searchIn", { list: searchIn })} onChange={changeSearch} />
        )}
        {filters.map((filter) => (
          <FilterSelect
            key={filter.id}
            filter={filter}
            value={search.filters[filter.id] ?? null}
            onChange={(value) => change({ [filter.id]: value ?? undefined })}
          />
        ))}
        <Text size="sm" c="dimmed" className={styles.total} role="status">
          {query.data
            ? t(total === COUNTED ? "list.atLeast" : "list.total", { count: total, formatted: format.number(total) })
            : ""}
        </Text>
      </Group>
      {outdated && (
        <Group className={styles.changed} gap="sm" role="status">
          <Text size="sm">{t("list.changed")}</Text>
          <Button variant="light" size="compact-sm" onClick={renew}>
            {t("list.renew")}
          </Button>
        </Group>
      )}
      {!query.data && <ListSkeleton />}
      {query.data && rows.length === 0 && (
        <EmptyState
          icon={SearchX}
          title={t("list.nothingFound")}
          action={
            <Button variant="default" onClick={() => change(cleared(filters))}>
              {t("list.clearFilters")}
            </Button>
          }
        >
          {t("list.nothingFoundHint")}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <Rows
          label={label}
          rows={rows}
          total={total === COUNTED ? undefined : total}
          columns={columns}
          rowKey={rowKey}
          rowLink={rowLink}
          sort={sort}
          onSort={(next) => change({ sort: next === defaultSort ? undefined : next })}
          hasMore={query.hasNextPage}
          loadingMore={query.isFetchingNextPage}
          loadMore={() => void query.fetchNextPage()}
          old={query.isPlaceholderData}
        />
      )}
    </section>
  );
}

interface FilterSelectProps {
  filter: Filter;
  value: string | null;
  onChange: (value: string | null) => void;
}

function FilterSelect({ filter, value, onChange }: FilterSelectProps) {
  const shared = { "aria-label": filter.label, placeholder: filter.label, clearable: true, className: styles.filter };
  if ("options" in filter) return <Select {...shared} data={filter.options} value={value} onChange={onChange} />;
  return (
    <ChoiceSelect
      {...shared}
      source={filter.source}
      value={value === null ? null : Number(value)}
      onChange={(id) => onChange(id === null ? null : String(id))}
    />
  );
}

function cleared(filters: Filter[]): Record<string, undefined> {
  return Object.fromEntries([["q", undefined], ...filters.map((filter) => [filter.id, undefined])]);
}

function ListSkeleton() {
  return (
    <div className={styles.skeleton} aria-hidden>
      {["70%", "55%", "80%", "60%", "45%", "72%"].map((width) => (
        <Skeleton key={width} height={16} width={width} />
      ))}
    </div>
  );
}
