import { Group, Text } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/shared/format";
import classes from "./RateGraph.module.css";
import { type RateSample, ratePath } from "./rate";

const WIDTH = 600;
const HEIGHT = 96;

/** The rate of the last minutes. Drawn by hand: one path, redrawn once a second, needs no library. */
export function RateGraph({ samples }: { samples: readonly RateSample[] }) {
  const { t } = useTranslation();
  const { rate } = useFormat();
  const gradient = useId();
  const { line, area, peak } = ratePath(samples, WIDTH, HEIGHT);
  const now = samples.at(-1)?.bytesPerSecond ?? 0;
  return (
    <div>
      <svg
        className={classes.graph}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("runs.rate.label", { now: rate(now), peak: rate(peak) })}
      >
        <defs>
          <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
            <stop offset="0%" className={classes.top} />
            <stop offset="100%" className={classes.bottom} />
          </linearGradient>
        </defs>
        {[0.25, 0.5, 0.75].map((part) => (
          <line key={part} className={classes.grid} x1={0} x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} />
        ))}
        <path d={area} fill={`url(#${gradient})`} />
        <path d={line} className={classes.line} />
      </svg>
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {line ? t("runs.rate.window") : t("runs.rate.waiting")}
        </Text>
        <Text size="xs" c="dimmed">
          {t("runs.rate.peak", { rate: rate(peak) })}
        </Text>
      </Group>
    </div>
  );
}
