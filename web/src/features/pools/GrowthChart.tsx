import { useComputedColorScheme } from "@mantine/core";
import { LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/shared/format";
import type { GrowthSeries } from "./StorageGrowth";

echarts.use([LineChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, CanvasRenderer]);

const PALETTE = {
  light: ["#5157b8", "#cf7b42", "#2a7d47", "#1b6c9f", "#863787"],
  dark: ["#8085d6", "#da996b", "#52ab70", "#3f98cf", "#b25fb6"],
} as const;
/** With the colours, so that the lines differ where colours do not. */
const DASHES = ["solid", "dashed", "dotted"] as const;

const DAY_MS = 86_400_000;

/** From the first to the last point of all lines. */
function spanMs(series: readonly GrowthSeries[]): number {
  const times = series.flatMap(({ points }) => points.map((point) => Date.parse(point.at)));
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}

export function GrowthChart({ series, height }: { series: GrowthSeries[]; height: number }) {
  const { t } = useTranslation();
  const { bytes, date, dateTime } = useFormat();
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const bytesRef = useRef({ bytes, date, dateTime });
  bytesRef.current = { bytes, date, dateTime };

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
    const short = spanMs(series) < 2 * DAY_MS;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.current?.setOption(
      {
        animation: !still,
        animationDuration: 300,
        color: [...PALETTE[scheme]],
        textStyle: { fontFamily: "Inter Variable, system-ui, sans-serif" },
        grid: { left: 8, right: 16, top: series.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
        legend: { show: series.length > 1, top: 0, left: 0, icon: "roundRect", textStyle: { color: quiet } },
        tooltip: {
          trigger: "axis",
          backgroundColor: panel,
          borderColor: line,
          textStyle: { color: text, fontSize: 12 },
          axisPointer: {
            label: {
              formatter: ({ value }: { value: number }) => bytesRef.current.dateTime(new Date(value).toISOString()),
            },
          },
          valueFormatter: (value: unknown) => bytesRef.current.bytes(Number(value)),
        },
        xAxis: {
          type: "time",
          axisLine: { lineStyle: { color: line } },
          axisTick: { show: false },
          splitNumber: 4,
          axisLabel: {
            color: quiet,
            hideOverlap: true,
            formatter: (at: number) => {
              const written = bytesRef.current;
              return (short ? written.dateTime : written.date)(new Date(at).toISOString());
            },
          },
        },
        yAxis: {
          type: "value",
          splitNumber: 3,
          axisLabel: { color: quiet, formatter: (value: number) => bytesRef.current.bytes(value) },
          splitLine: { lineStyle: { color: line } },
        },
        series: series.map(({ name, points }, at) => ({
          name,
          type: "line",
          smooth: 0.2,
          symbol: points.length > 1 ? "none" : "circle",
          symbolSize: 8,
          lineStyle: { width: 2, type: DASHES[at % DASHES.length] },
          areaStyle: { opacity: series.length > 1 ? 0.06 : 0.14 },
          data: points.map((point) => [Date.parse(point.at), point.usedBytes]),
        })),
      },
      { notMerge: true },
    );
  }, [series, scheme]);

  const told = series
    .map(({ name, points }) => {
      const last = points.at(-1);
      return last ? t("pools.growth.told", { name, used: bytes(last.usedBytes), date: date(last.at) }) : name;
    })
    .join("; ");
  return <div ref={box} style={{ height, width: "100%" }} role="img" aria-label={t("pools.growth.label", { told })} />;
}
