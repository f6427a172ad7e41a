import { Button, CloseButton, Group, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ArchiveRestore, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Snapshot, SnapshotEntry } from "@/api/types";
import { Trail } from "@/shared/browse/Trail";
import { useFolderWalk } from "@/shared/browse/useFolderWalk";
import { ActionButton } from "@/shared/permission";
import { EntryRows, type RowsProps } from "./EntryRows";
import { firstFolder, trailOfEntry } from "./entryPath";
import classes from "./FileBrowser.module.css";
import { filesQuery, findQuery } from "./queries";

interface FileBrowserProps {
  snapshot: Snapshot;
  onRestore: (entries: SnapshotEntry[]) => void;
}

/** The files of a snapshot, folder by folder and page by page, or by a part of their name through the whole of it. */
export function FileBrowser({ snapshot, onRestore }: FileBrowserProps) {
  const { t } = useTranslation();
  const walk = useFolderWalk(firstFolder(snapshot.paths), trailOfEntry);
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 300);
  const [chosen, setChosen] = useState<ReadonlyMap<string, SnapshotEntry>>(new Map());
  const searching = search !== "";

  // From a search result too: what was searched for is then left.
  const open = (folder: string) => {
    setTyped("");
    walk.open(folder);
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
            <Trail walk={walk} />
          )}
        </nav>
        <TextInput
          type="search"
          className={classes.search}
          aria-label={t("files.search")}
          placeholder={t("files.searchName")}
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
        <Listed key={walk.path} snapshot={snapshot} path={walk.path} chosen={chosen} onToggle={toggle} onOpen={open} />
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
