import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Page } from "@/api/types";
import { useFormat } from "../format";

/** Offered at once; whoever has more types a part of the name. */
const OFFERED = 50;

export interface Choosable {
  id: number;
  name: string;
}

/** One kind of thing that is chosen from: its names are asked for page by page, never all of them. */
export interface ChoiceSource<T extends Choosable = Choosable> {
  /** Of the events that make the choices old; the first word of the query's key. */
  topic: string;
  page: (query: { limit: number; q?: string }, signal: AbortSignal) => Promise<Page<T>>;
  /** For what was chosen before and is not on the page that is offered. */
  one: (id: number, signal: AbortSignal) => Promise<T>;
  /** What tells two of one name apart. */
  label?(item: T): string;
}

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}

interface Choices<T> {
  /** The first page of what matches, and what is chosen. `undefined` until it is known. */
  items: T[] | undefined;
  options: Option[];
  /** Whether there is nothing to choose at all. */
  none: boolean;
  error: Error | null;
  refetch: () => Promise<unknown>;
}

export function useChoices<T extends Choosable>(source: ChoiceSource<T>, q: string, chosen: number | null): Choices<T> {
  const { t } = useTranslation();
  const { number } = useFormat();
  const page = useQuery({
    queryKey: [source.topic, "choices", q],
    queryFn: ({ signal }) => source.page({ limit: OFFERED, ...(q && { q }) }, signal),
    placeholderData: keepPreviousData,
  });
  const offered = page.data?.items;
  const elsewhere = chosen !== null && offered !== undefined && !offered.some((item) => item.id === chosen);
  const one = useQuery({
    queryKey: [source.topic, "choice", chosen],
    queryFn: ({ signal }) => source.one(chosen ?? 0, signal),
    enabled: elsewhere,
    meta: { quiet: true },
  });
  const items = offered && elsewhere && one.data ? [...offered, one.data] : offered;
  const options: Option[] = (items ?? []).map((item) => ({
    value: String(item.id),
    label: source.label?.(item) ?? item.name,
  }));
  const beyond = (page.data?.total ?? 0) - (offered?.length ?? 0);
  if (beyond > 0) {
    const label = t("list.typeForMore", { count: beyond, formatted: number(beyond) });
    options.push({ value: "beyond", label, disabled: true });
  }
  const none = page.data !== undefined && page.data.total === 0 && q === "";
  return { items, options, none, error: page.error, refetch: page.refetch };
}
