import { ActionIcon, Checkbox, Group, Loader, Text, Tooltip } from "@mantine/core";
import { Download, File, FileSymlink, Folder } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Snapshot, SnapshotEntry } from "@/api/types";
import { useMay } from "@/app/session";
import { useFormat } from "@/shared/format";
import { type EndlessQuery, useEndlessRows } from "@/shared/list/useEndlessRows";
import { useRefusal } from "@/shared/permission";
import { ErrorState } from "@/shared/states";
import { decodePath } from "./entryPath";
import classes from "./FileBrowser.module.css";
import { downloadUrl } from "./queries";

const ROW_PX = 44;

export interface RowsProps {
  snapshot: Snapshot;
  chosen: ReadonlyMap<string, SnapshotEntry>;
  onToggle: (entry: SnapshotEntry, on: boolean) => void;
  onOpen: (folder: string) => void;
}

interface EntryRowsProps extends RowsProps {
  query: EndlessQuery<SnapshotEntry> & { error: Error | null; isPending: boolean; refetch: () => unknown };
  nothing: string;
  /** Whole paths instead of names. */
  whole?: boolean;
}

/** One row for each entry; only those in sight are in the document. */
export function EntryRows({ query, nothing, whole, snapshot, chosen, onToggle, onOpen }: EntryRowsProps) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const { box, rows, inSight, heightPx } = useEndlessRows(query, ROW_PX);
  // A search, and a folder that lies above the snapshot's paths, is not counted beforehand.
  const total = Math.max(query.data?.pages[0]?.total ?? 0, rows.length);

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
        {query.data && rows.length === 0 && (
          <Text size="sm" c="dimmed" p="lg">
            {nothing}
          </Text>
        )}
        <ul className={classes.list} style={{ height: heightPx }} aria-label={t("files.list")}>
          {inSight.map(({ row: entry, startPx }) => (
            <li
              key={entry.path}
              className={classes.row}
              style={{ transform: `translateY(${startPx}px)`, height: ROW_PX }}
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
          ))}
        </ul>
      </div>
      <Text size="xs" c="dimmed" px="md" py={6} role="status">
        {query.data
          ? t(query.hasNextPage && total === rows.length ? "list.atLeast" : "list.total", {
              count: total,
              formatted: number(total),
            })
          : ""}
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
