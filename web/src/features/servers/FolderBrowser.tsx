import { Button, Checkbox, Group, Loader, ScrollArea, Stack, Text, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowUp, ChevronRight, File, Folder, FolderSymlink, Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ExplorerEntry } from "@/api/types";
import { Refusal } from "@/features/Refusal";
import { Trail } from "@/shared/browse/Trail";
import { useFolderWalk } from "@/shared/browse/useFolderWalk";
import { useFormat } from "@/shared/format";
import { useEndlessRows } from "@/shared/list/useEndlessRows";
import classes from "./FolderBrowser.module.css";
import { addPath, isWithin, trailOf } from "./paths";
import { explorerQuery } from "./queries";

const ROW_PX = 40;

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
  const walk = useFolderWalk(start, trailOf);
  const { path, parent } = walk;
  const listing = useInfiniteQuery(explorerQuery(serverId, path));
  const { box, rows, inSight, heightPx } = useEndlessRows(listing, ROW_PX, foldersOnly ? isFolder : undefined);

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
          onClick={() => parent !== null && walk.open(parent)}
        >
          {t("explorer.up")}
        </Button>
        <nav aria-label={t("explorer.trail")} className={classes.trail}>
          <Trail walk={walk} />
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
        <Refusal error={listing.error} onRetry={() => void listing.refetch()} />
        {listing.data && rows.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            {foldersOnly ? t("explorer.noFolders") : t("explorer.empty")}
          </Text>
        )}
        <div style={{ height: heightPx, position: "relative" }}>
          {inSight.map(({ row: entry, startPx }) => (
            <div
              key={entry.path}
              className={classes.row}
              style={{ transform: `translateY(${startPx}px)`, height: ROW_PX }}
            >
              <Entry
                entry={entry}
                chosen={chosen.includes(entry.path)}
                covered={chosen.some((other) => isWithin(entry.path, other))}
                onToggle={(on) => toggle(entry.path, on)}
                onOpen={() => walk.open(entry.path)}
              />
            </div>
          ))}
        </div>
      </ScrollArea.Autosize>
    </Stack>
  );
}

function isFolder(entry: ExplorerEntry): boolean {
  return entry.kind === "dir";
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
