import { ActionIcon, Button, Group, SegmentedControl, Text, Tooltip } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, Download } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LogLevel, LogLine } from "@/api/types";
import { typeset } from "@/i18n/typeset";
import { useFormat } from "./format";
import classes from "./LogView.module.css";
import { saveText } from "./save";

const AT_LEAST: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };
const ROW_HEIGHT = 22;

/** A log that follows its end while the reader stays there, and stands still once he scrolls up. */
export function LogView({ lines, live, fileName }: { lines: LogLine[]; live: boolean; fileName: string }) {
  const { t } = useTranslation();
  const { clock, exactTime } = useFormat();
  const [level, setLevel] = useState<LogLevel>("info");
  const [following, setFollowing] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => lines.filter((line) => AT_LEAST[line.level] >= AT_LEAST[level]), [lines, level]);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    measureElement: (row) => row.getBoundingClientRect().height,
    overscan: 20,
  });

  useEffect(() => {
    if (following && shown.length > 0) rows.scrollToIndex(shown.length - 1, { align: "end" });
  }, [following, shown.length, rows]);

  const save = () => {
    const text = lines.map((line) => `${line.at} ${line.level.toUpperCase().padEnd(7)} ${line.text}`).join("\n");
    saveText(`${fileName}.log`, `${text}\n`);
  };

  return (
    <div>
      <Group justify="space-between" mb="xs" gap="xs">
        <SegmentedControl
          size="xs"
          aria-label={t("log.level")}
          value={level}
          onChange={(value) => setLevel(value as LogLevel)}
          data={(["debug", "info", "warning", "error"] as const).map((value) => ({
            value,
            label: t(`log.levels.${value}`),
          }))}
        />
        <Group gap="xs">
          {!following && (
            <Button
              size="compact-xs"
              variant="light"
              leftSection={<ArrowDownToLine size={14} aria-hidden />}
              onClick={() => setFollowing(true)}
            >
              {live ? t("log.follow") : t("log.toEnd")}
            </Button>
          )}
          <Tooltip label={t("log.save")}>
            <ActionIcon variant="subtle" color="gray" aria-label={t("log.save")} onClick={save}>
              <Download size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      <section
        ref={box}
        className={classes.box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
        tabIndex={0}
        aria-label={t("log.title")}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setFollowing(scrollHeight - scrollTop - clientHeight < ROW_HEIGHT * 2);
        }}
      >
        {shown.length === 0 ? (
          <Text size="sm" c="dimmed" p="md">
            {live ? t("log.waiting") : t("log.empty")}
          </Text>
        ) : (
          <div style={{ height: rows.getTotalSize(), position: "relative" }}>
            {rows.getVirtualItems().map((row) => {
              const line = shown[row.index];
              if (!line) return null;
              return (
                <div
                  key={line.seq}
                  ref={rows.measureElement}
                  data-index={row.index}
                  data-level={line.level}
                  className={classes.line}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <time className={classes.time} dateTime={line.at} title={exactTime(line.at)}>
                    {clock(line.at)}
                  </time>
                  <span className={classes.level}>{t(`log.mark.${line.level}`)}</span>
                  <span className={classes.text}>{typeset(line.text)}</span>
                </div>
              );
            })}
          </div>
        )}
      </section>
    </div>
  );
}
