import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { LogLine } from "@/api/types";
import { useFormat } from "./format";
import styles from "./LogLines.module.css";

const LINE_PX = 22;

interface LogLinesProps {
  label: string;
  lines: LogLine[];
}

/** A log, oldest first: only the lines in sight are in the document. */
export function LogLines({ label, lines }: LogLinesProps) {
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
    getItemKey: (index) => lines[index]?.seq ?? index,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div ref={box} className={styles.box} role="log" aria-label={label} tabIndex={0}>
      <div className={styles.lines} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className={styles.line}
              data-level={line.level}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <time dateTime={line.at}>{format.clock(line.at)}</time>
              <span className={styles.level}>{line.level}</span>
              <span className={styles.text}>{line.text}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
