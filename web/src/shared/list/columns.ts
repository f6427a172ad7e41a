import type { ReactNode } from "react";
import type { ChoiceSource } from "../choice/useChoices";

/** A column of a list. On a phone each row becomes a card: the first column is its title. */
export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** The server's name for sorting by it; without one the column does not sort. */
  sort?: string;
  /** A grid track such as `minmax(10rem, 2fr)`; `minmax(8rem, 1fr)` where it is not said. */
  width?: string;
  align?: "start" | "end";
  /** Left out below this width of the list: `medium` 62rem, `wide` 82rem. On a phone only columns without it are shown. */
  from?: "medium" | "wide";
  /** The header is only spoken: for columns of buttons. */
  hideHeader?: boolean;
}

export interface FilterOption {
  value: string;
  label: string;
}

interface FilterBase {
  /** The query parameter, in the page's address and in the server's. */
  id: string;
  label: string;
}

/** By one of a few values, or by one of any number of things (then the parameter is its id). */
export type Filter = FilterBase & ({ options: FilterOption[] } | { source: ChoiceSource });
