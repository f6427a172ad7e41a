import {
  ActionIcon,
  Anchor,
  Breadcrumbs,
  Button,
  Checkbox,
  CloseButton,
  Group,
  Loader,
  Paper,
  Text,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArchiveRestore, Download, File, FileSymlink, Folder, Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Snapshot, SnapshotEntry } from "@/api/types";
import { useMay } from "@/app/session";
import { useFormat } from "@/shared/format";
import { ActionButton, useRefusal } from "@/shared/permission";
import { ErrorState } from "@/shared/states";
import { decodePath, trailOfEntry } from "./entryPath";
import classes from "./FileBrowser.module.css";
import { downloadUrl, filesQuery, findQuery } from "./queries";

const ROW_HEIGHT = 44;
/** Below this many rows from the end the next page is asked for. */
const AHEAD_ROWS = 60;

interface FileBrowserProps {
  snapshot: Snapshot;
  onRestore: (entries: SnapshotEntry[]) => void;
}

/** The files of a snapshot, folder by folder and page by page, or by a part of their name through the whole of it. */
export function FileBrowser({ snapshot, onRestore }: FileBrowserProps) {
  const { t } = useTranslation();
  const [path, setPath] = useState("/");
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 300);
  const [chosen, setChosen] = useState<ReadonlyMap<string, SnapshotEntry>>(new Map());
  const searching = search !== "";

  const open = (folder: string) => {
    setTyped("");
    setPath(folder);
  };
  const toggle = (entry: SnapshotEntry, on: boolean) => {
    setChosen((before) => {
      const next = new Map(before);
      if (on) next.set(entry.path, entry);
      else next.delete(entry.path);
      return next;
    });
  };

  return (
    <Paper withBorder className={classes.browser}>
      <Group className={classes.tools} gap="sm" justify="space-between">
        <nav aria-label={t("explorer.trail")} className={classes.trail}>
          {searching ? (
            <Text size="sm" fw={550}>
              {t("files.searchingFor", { q: search })}
            </Text>
          ) : (
            <Breadcrumbs separatorMargin={4}>
              {trailOfEntry(path).map((step) => (
                <Anchor
                  key={step.path}
                  component="button"
                  type="button"
                  size="sm"
                  ff="monospace"
                  aria-current={step.path === path ? "page" : undefined}
                  onClick={() => open(step.path)}
                >
                  {step.name}
                </Anchor>
              ))}
            </Breadcrumbs>
          )}
        </nav>
        <TextInput
          type="search"
          className={classes.search}
          aria-label={t("files.search")}
          placeholder={t("files.search")}
          leftSection={<Search size={16} aria-hidden />}
          rightSection={
            typed !== "" && <CloseButton size="sm" aria-label={t("list.clearSearch")} onClick={() => setTyped("")} />
          }
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </Group>
      {searching ? (
        <Found key={search} snapshot={snapshot} q={search} chosen={chosen} onToggle={toggle} onOpen={open} />
      ) : (
        <Listed key={path} snapshot={snapshot} path={path} chosen={chosen} onToggle={toggle} onOpen={open} />
      )}
      {chosen.size > 0 && (
        <Group className={classes.selection} justify="space-between" gap="sm">
          <Text size="sm" fw={550} aria-live="polite">
            {t("files.chosen", { count: chosen.size })}
          </Text>
          <Group gap="sm">
            <Button variant="default" size="compact-sm" onClick={() => setChosen(new Map())}>
              {t("files.chooseNone")}
            </Button>
            <ActionButton
              permission="restore"
              size="compact-sm"
              leftSection={<ArchiveRestore size={16} aria-hidden />}
              onClick={() => onRestore([...chosen.values()])}
            >
              {t("restore.chosen")}
            </ActionButton>
          </Group>
        </Group>
      )}
    </Paper>
  );
}

interface RowsProps {
  snapshot: Snapshot;
  chosen: ReadonlyMap<string, SnapshotEntry>;
  onToggle: (entry: SnapshotEntry, on: boolean) => void;
  onOpen: (folder: string) => void;
}

function Listed({ path, ...rest }: RowsProps & { path: string }) {
  const { t } = useTranslation();
  const files = useInfiniteQuery(filesQuery(rest.snapshot.id, path));
  return <EntryRows {...rest} query={files} nothing={t("explorer.empty")} />;
}

function Found({ q, ...rest }: RowsProps & { q: string }) {
  const { t } = useTranslation();
  const files = useInfiniteQuery(findQuery(rest.snapshot.id, q));
  return <EntryRows {...rest} query={files} nothing={t("files.nothingFound", { q })} whole />;
}

type EntryPages = ReturnType<
  typeof useInfiniteQuery<{ items: SnapshotEntry[]; nextCursor?: string | null; total: number }, Error>
>;

interface EntryRowsProps extends RowsProps {
  query: Pick<
    EntryPages,
    "data" | "error" | "isPending" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage" | "refetch"
  >;
  nothing: string;
  /** Whole paths instead of names. */
  whole?: boolean;
}

function EntryRows({ query, nothing, whole, snapshot, chosen, onToggle, onOpen }: EntryRowsProps) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  // A search, and a folder that lies above the snapshot's paths, is not counted beforehand.
  const total = Math.max(query.data?.pages[0]?.total ?? 0, entries.length);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= entries.length - AHEAD_ROWS) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, entries.length]);

  if (query.error && !query.data) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <div ref={box} className={classes.box}>
        {query.isPending && (
          <Group p="lg" gap="sm">
            <Loader size="sm" />
            <Text size="sm">{t("common.loading")}</Text>
          </Group>
        )}
        {query.data && entries.length === 0 && (
          <Text size="sm" c="dimmed" p="lg">
            {nothing}
          </Text>
        )}
        <ul className={classes.list} style={{ height: rows.getTotalSize() }} aria-label={t("files.list")}>
          {items.map((row) => {
            const entry = entries[row.index];
            if (!entry) return null;
            return (
              <li
                key={entry.path}
                className={classes.row}
                style={{ transform: `translateY(${row.start}px)`, height: ROW_HEIGHT }}
              >
                <EntryRow
                  entry={entry}
                  whole={whole}
                  snapshotId={snapshot.id}
                  chosen={chosen.has(entry.path)}
                  onToggle={(on) => onToggle(entry, on)}
                  onOpen={() => onOpen(entry.path)}
                />
              </li>
            );
          })}
        </ul>
      </div>
      <Text size="xs" c="dimmed" px="md" py={6} role="status">
        {query.data ? t("list.total", { count: total, formatted: number(total) }) : ""}
      </Text>
    </>
  );
}

const ICONS = { dir: Folder, file: File, symlink: FileSymlink, other: File } as const;

interface EntryRowProps {
  entry: SnapshotEntry;
  whole?: boolean;
  snapshotId: number;
  chosen: boolean;
  onToggle: (on: boolean) => void;
  onOpen: () => void;
}

function EntryRow({ entry, whole, snapshotId, chosen, onToggle, onOpen }: EntryRowProps) {
  const { t } = useTranslation();
  const { bytes, dateTime } = useFormat();
  const may = useMay("restore");
  const refusal = useRefusal("restore");
  const Icon = ICONS[entry.kind];
  const name = whole ? decodePath(entry.path) : entry.name;
  const download = t(entry.kind === "dir" ? "files.downloadFolder" : "files.download", { name: entry.name });
  const label = (
    <>
      <Icon size={17} aria-hidden className={classes.icon} data-kind={entry.kind} />
      <bdi className={classes.name}>{name}</bdi>
      {entry.linkTarget && <span className={classes.link}>→ {entry.linkTarget}</span>}
    </>
  );
  return (
    <>
      <Checkbox
        aria-label={t("explorer.choose", { name: entry.name })}
        checked={chosen}
        onChange={({ currentTarget }) => onToggle(currentTarget.checked)}
      />
      {entry.kind === "dir" ? (
        <button
          type="button"
          className={classes.open}
          aria-label={t("explorer.open", { name: entry.name })}
          onClick={onOpen}
        >
          {label}
        </button>
      ) : (
        <span className={classes.open}>{label}</span>
      )}
      <span className={classes.mode}>
        {entry.mode} {entry.owner}:{entry.group}
      </span>
      <span className={classes.time}>{entry.modifiedAt ? dateTime(entry.modifiedAt) : ""}</span>
      <span className={classes.size}>{entry.sizeBytes == null ? "" : bytes(entry.sizeBytes)}</span>
      <Tooltip label={refusal ?? download}>
        {may ? (
          <ActionIcon
            component="a"
            href={downloadUrl(snapshotId, entry)}
            download
            variant="subtle"
            color="gray"
            aria-label={download}
          >
            <Download size={16} aria-hidden />
          </ActionIcon>
        ) : (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={download}
            data-disabled
            aria-disabled
            onClick={(event) => event.preventDefault()}
          >
            <Download size={16} aria-hidden />
          </ActionIcon>
        )}
      </Tooltip>
    </>
  );
}
