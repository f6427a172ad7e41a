import { Button, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNarrow } from "../useNarrow";
import type { Column } from "./columns";
import styles from "./Rows.module.css";

/** Below this many rows from the end the next page is asked for. */
const AHEAD_ROWS = 15;
const ROW_PX = 53;
const CARD_PX = 128;

interface RowsProps<T> {
  label: string;
  rows: T[];
  /** Of the whole list; `undefined` where there are more than the server counts. */
  total: number | undefined;
  columns: Column<T>[];
  rowKey: (row: T) => string | number;
  rowLink?: (row: T) => string;
  sort: string | undefined;
  onSort: (sort: string) => void;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  /** The rows answer an earlier question; the new answer is on its way. */
  old: boolean;
}

export function Rows<T>(props: RowsProps<T>) {
  const { label, rows, total, rowKey, rowLink, sort, onSort, hasMore, loadingMore, loadMore, old } = props;
  const { t } = useTranslation();
  const columns = useShownColumns(props.columns);
  const cards = useNarrow();
  const bodyRef = useRef<HTMLDivElement>(null);
  const [offsetTop, setOffsetTop] = useState(0);
  useLayoutEffect(() => {
    const top = bodyRef.current?.getBoundingClientRect().top ?? 0;
    setOffsetTop(Math.round(top + window.scrollY));
  }, []);

  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (cards ? CARD_PX : ROW_PX),
    overscan: 8,
    scrollMargin: offsetTop,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
  });
  const items = virtualizer.getVirtualItems();
  const lastIndex = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (hasMore && !loadingMore && lastIndex >= rows.length - AHEAD_ROWS) loadMore();
  }, [hasMore, loadingMore, lastIndex, rows.length, loadMore]);

  const tracks = columns.map((column) => column.width ?? "minmax(8rem, 1fr)").join(" ");
  return (
    <>
      {/* A table by its roles: rows out of sight are not in the document, which no table element allows. */}
      <div
        role="table"
        aria-label={label}
        aria-rowcount={total === undefined ? -1 : total + 1}
        className={styles.table}
        data-cards={cards || undefined}
        data-old={old || undefined}
        style={{ "--tracks": tracks }}
      >
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.row}>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
        <div ref={bodyRef} role="rowgroup" className={styles.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                className={styles.row}
                data-link={rowLink !== undefined || undefined}
                style={{ transform: `translateY(${item.start - offsetTop}px)` }}
              >
                {columns.map((column, index) => (
                  <div
                    key={column.id}
                    role="cell"
                    className={styles.cell}
                    data-align={column.align}
                    data-first={index === 0 || undefined}
                    data-actions={column.hideHeader || undefined}
                  >
                    {cards && index > 0 && !column.hideHeader && (
                      <span className={styles.cardLabel}>{column.header}</span>
                    )}
                    {index === 0 && rowLink ? (
                      <Link to={rowLink(row)} className={styles.link}>
                        {column.cell(row)}
                      </Link>
                    ) : (
                      <div className={styles.value}>{column.cell(row)}</div>
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {hasMore && (
        <div className={styles.more}>
          <Button variant="subtle" size="compact-sm" loading={loadingMore} onClick={loadMore}>
            {loadingMore ? t("list.loadingMore") : t("list.more")}
          </Button>
        </div>
      )}
    </>
  );
}

function useShownColumns<T>(columns: Column<T>[]): Column<T>[] {
  const medium = useMediaQuery("(min-width: 75em)", true, { getInitialValueInEffect: false });
  const wide = useMediaQuery("(min-width: 90em)", true, { getInitialValueInEffect: false });
  return columns.filter(({ from }) => from === undefined || (from === "medium" ? medium : wide));
}

interface HeaderCellProps<T> {
  column: Column<T>;
  sort: string | undefined;
  onSort: (sort: string) => void;
}

function HeaderCell<T>({ column, sort, onSort }: HeaderCellProps<T>) {
  const { t } = useTranslation();
  if (column.sort === undefined) {
    return (
      <div role="columnheader" className={styles.cell} data-align={column.align}>
        {column.hideHeader ? <VisuallyHidden>{column.header}</VisuallyHidden> : column.header}
      </div>
    );
  }
  const up = sort === column.sort;
  const down = sort === `-${column.sort}`;
  const Icon = up ? ArrowUp : down ? ArrowDown : ChevronsUpDown;
  const next = up ? `-${column.sort}` : column.sort;
  return (
    <div
      role="columnheader"
      aria-sort={up ? "ascending" : down ? "descending" : "none"}
      className={styles.cell}
      data-align={column.align}
    >
      <button
        type="button"
        className={styles.sort}
        data-active={up || down || undefined}
        title={t(up ? "list.sortDescending" : "list.sortAscending", { column: column.header })}
        onClick={() => onSort(next)}
      >
        {column.header}
        <Icon size={14} aria-hidden />
      </button>
    </div>
  );
}
