import { useComputedColorScheme } from "@mantine/core";
import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useFormat } from "@/shared/format";
import classes from "./Lines.module.css";
import type { TimeChartProps, TimeSeries } from "./TimeChart";

echarts.use([LineChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

const PALETTE = {
  light: ["#5157b8", "#cf7b42", "#2a7d47", "#1b6c9f", "#863787"],
  dark: ["#8085d6", "#da996b", "#52ab70", "#3f98cf", "#b25fb6"],
} as const;
/** With the colours, so that the lines differ where colours do not. */
const DASHES = ["solid", "dashed", "dotted"] as const;

const DAY_MS = 86_400_000;

/** From the first to the last point of all lines. */
function spanMs(series: readonly TimeSeries[]): number {
  const times = series.flatMap(({ points }) => points.map(([at]) => at));
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}

/** One value over time for each of a few things; a point without a value is a gap. */
export function Lines({ series, height, write, label, top, from, until }: TimeChartProps & { height: number }) {
  const { date, dateTime, hour } = useFormat();
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const written = useRef({ write, date, dateTime, hour });
  written.current = { write, date, dateTime, hour };

  useEffect(() => {
    if (!box.current) return;
    const made = echarts.init(box.current);
    chart.current = made;
    const resize = new ResizeObserver(() => made.resize());
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const quiet = style.getPropertyValue("--rp-quiet").trim();
    const line = style.getPropertyValue("--rp-line").trim();
    const panel = style.getPropertyValue("--rp-panel").trim();
    const text = style.getPropertyValue("--rp-text").trim();
    const short = (from !== undefined && until !== undefined ? until - from : spanMs(series)) < 2 * DAY_MS;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.current?.setOption(
      {
        animation: !still,
        animationDuration: 300,
        color: [...PALETTE[scheme]],
        textStyle: { fontFamily: "Inter Variable, system-ui, sans-serif" },
        // To the right there is room for half of a date.
        grid: { left: 8, right: 36, top: 12, bottom: 4, containLabel: true },
        tooltip: {
          trigger: "axis",
          backgroundColor: panel,
          borderColor: line,
          textStyle: { color: text, fontSize: 12 },
          axisPointer: {
            label: {
              formatter: ({ value }: { value: number }) => written.current.dateTime(new Date(value).toISOString()),
            },
          },
          valueFormatter: (value: unknown) => (typeof value === "number" ? written.current.write(value) : "–"),
        },
        xAxis: {
          type: "time",
          min: from,
          max: until,
          axisLine: { lineStyle: { color: line } },
          axisTick: { show: false },
          splitNumber: 4,
          axisLabel: {
            color: quiet,
            hideOverlap: true,
            formatter: (at: number) => {
              const { hour, date } = written.current;
              return (short ? hour : date)(new Date(at).toISOString());
            },
          },
        },
        yAxis: {
          type: "value",
          splitNumber: 3,
          min: top === undefined ? undefined : 0,
          max: top,
          interval: top === undefined ? undefined : top / 4,
          axisLabel: { color: quiet, formatter: (value: number) => written.current.write(value) },
          splitLine: { lineStyle: { color: line } },
        },
        series: series.map(({ name, points }, at) => ({
          name,
          type: "line",
          smooth: 0.2,
          connectNulls: false,
          // A point between two gaps has no line that would show it.
          showSymbol: true,
          symbol: "circle",
          symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (isAlone(points, dataIndex) ? 6 : 0),
          lineStyle: { width: 2, type: DASHES[at % DASHES.length] },
          // Areas over areas hide each other.
          areaStyle: series.length > 1 ? undefined : { opacity: 0.14 },
          data: points,
        })),
      },
      { notMerge: true },
    );
  }, [series, scheme, top, from, until]);

  return (
    <>
      {series.length > 1 && (
        // Beside the picture, not in it: long names need lines of their own on a phone. Readers hear them with the picture.
        <ul className={classes.legend} aria-hidden>
          {series.map(({ name }, at) => (
            <li key={name}>
              <span
                className={classes.swatch}
                style={{
                  borderTopColor: PALETTE[scheme][at % PALETTE[scheme].length],
                  borderTopStyle: DASHES[at % DASHES.length],
                }}
              />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div ref={box} style={{ height, width: "100%" }} role="img" aria-label={label} />
    </>
  );
}

function isAlone(points: TimeSeries["points"], at: number): boolean {
  return (points[at - 1]?.[1] ?? null) === null && (points[at + 1]?.[1] ?? null) === null;
}
