import {
  Alert,
  Anchor,
  Breadcrumbs,
  Button,
  Checkbox,
  Group,
  Loader,
  ScrollArea,
  Stack,
  Text,
  UnstyledButton,
} from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp, ChevronRight, File, Folder, FolderSymlink, Lock } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { ExplorerEntry } from "@/api/types";
import { useFormat } from "@/shared/format";
import classes from "./FolderBrowser.module.css";
import { addPath, isWithin, parentOf, trailOf } from "./paths";
import { explorerQuery } from "./queries";

const ROW_HEIGHT = 40;
/** Below this many rows from the end the next page is asked for. */
const AHEAD_ROWS = 60;

interface FolderBrowserProps {
  serverId: number;
  chosen: readonly string[];
  onChange: (paths: string[]) => void;
  /** Restore targets and pools are folders; what a plan protects may be a file too. */
  foldersOnly?: boolean;
  /** One folder only: choosing another replaces it. */
  single?: boolean;
  start?: string;
}

/** The files of a server, one folder at a time: a tick chooses, a name goes in. */
export function FolderBrowser({ serverId, chosen, onChange, foldersOnly, single, start = "/" }: FolderBrowserProps) {
  const { t } = useTranslation();
  const [path, setPath] = useState(start);
  const box = useRef<HTMLDivElement>(null);
  const listing = useInfiniteQuery(explorerQuery(serverId, path));
  const entries = (listing.data?.pages.flatMap((page) => page.items) ?? []).filter(
    (entry) => !foldersOnly || entry.kind === "dir",
  );
  const parent = parentOf(path);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });

  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = listing;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= entries.length - AHEAD_ROWS) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, entries.length]);

  const toggle = (entryPath: string, on: boolean) => {
    if (single) onChange(on ? [entryPath] : []);
    else onChange(on ? addPath(chosen, entryPath) : chosen.filter((other) => other !== entryPath));
  };

  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap">
        <Button
          size="compact-sm"
          variant="default"
          disabled={parent === null}
          title={parent === null ? t("explorer.atRoot") : undefined}
          leftSection={<ArrowUp size={14} aria-hidden />}
          onClick={() => parent !== null && setPath(parent)}
        >
          {t("explorer.up")}
        </Button>
        <nav aria-label={t("explorer.trail")} className={classes.trail}>
          <Breadcrumbs separatorMargin={4}>
            {trailOf(path).map((step) => (
              <Anchor
                key={step.path}
                component="button"
                type="button"
                size="sm"
                ff="monospace"
                aria-current={step.path === path ? "page" : undefined}
                onClick={() => setPath(step.path)}
              >
                {step.name}
              </Anchor>
            ))}
          </Breadcrumbs>
        </nav>
      </Group>
      {(single || path !== "/") && (
        <Checkbox
          label={t("explorer.chooseThis", { path })}
          checked={chosen.some((other) => other === path || isWithin(path, other))}
          disabled={chosen.some((other) => isWithin(path, other))}
          onChange={({ currentTarget }) => toggle(path, currentTarget.checked)}
        />
      )}
      <ScrollArea.Autosize
        viewportRef={box}
        mah={340}
        className={classes.box}
        type="auto"
        viewportProps={{ role: "group", tabIndex: 0, "aria-label": t("explorer.contents", { path }) }}
      >
        {listing.isPending && (
          <Group p="md" gap="sm">
            <Loader size="sm" />
            <Text size="sm">{t("common.loading")}</Text>
          </Group>
        )}
        {listing.error && (
          <Alert
            color="brick"
            m="sm"
            title={listing.error instanceof ApiError ? listing.error.message : t("errors.load")}
          >
            <Text size="sm">{listing.error instanceof ApiError ? listing.error.hint : null}</Text>
            <Button size="compact-sm" variant="default" mt="xs" onClick={() => void listing.refetch()}>
              {t("common.retry")}
            </Button>
          </Alert>
        )}
        {listing.data && entries.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            {foldersOnly ? t("explorer.noFolders") : t("explorer.empty")}
          </Text>
        )}
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((row) => {
            const entry = entries[row.index];
            if (!entry) return null;
            return (
              <div
                key={entry.path}
                className={classes.row}
                style={{ transform: `translateY(${row.start}px)`, height: ROW_HEIGHT }}
              >
                <Entry
                  entry={entry}
                  chosen={chosen.includes(entry.path)}
                  covered={chosen.some((other) => isWithin(entry.path, other))}
                  onToggle={(on) => toggle(entry.path, on)}
                  onOpen={() => setPath(entry.path)}
                />
              </div>
            );
          })}
        </div>
      </ScrollArea.Autosize>
    </Stack>
  );
}

const ICONS = { dir: Folder, file: File, symlink: FolderSymlink, other: File } as const;

interface EntryProps {
  entry: ExplorerEntry;
  chosen: boolean;
  /** A folder above it is chosen. */
  covered: boolean;
  onToggle: (on: boolean) => void;
  onOpen: () => void;
}

function Entry({ entry, chosen, covered, onToggle, onOpen }: EntryProps) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const Icon = entry.readable ? ICONS[entry.kind] : Lock;
  const label = (
    <>
      <Icon size={16} aria-hidden className={classes.icon} data-kind={entry.kind} />
      <span className={classes.name}>{entry.name}</span>
      {!entry.readable && <span className={classes.note}>{t("explorer.unreadable")}</span>}
      {covered && <span className={classes.note}>{t("explorer.covered")}</span>}
    </>
  );
  return (
    <>
      <Checkbox
        aria-label={t("explorer.choose", { name: entry.name })}
        checked={chosen || covered}
        disabled={covered}
        onChange={({ currentTarget }) => onToggle(currentTarget.checked)}
      />
      {entry.kind === "dir" ? (
        <UnstyledButton className={classes.open} onClick={onOpen} aria-label={t("explorer.open", { name: entry.name })}>
          {label}
          <ChevronRight size={16} aria-hidden className={classes.chevron} />
        </UnstyledButton>
      ) : (
        <span className={classes.open}>
          {label}
          {entry.sizeBytes != null && <span className={classes.size}>{bytes(entry.sizeBytes)}</span>}
        </span>
      )}
    </>
  );
}
