import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

/** ECharts is large: it comes with the first chart that is shown, in a chunk of its own. */
const Lines = lazy(() => import("./Lines").then((module) => ({ default: module.Lines })));

export interface TimeSeries {
  name: string;
  /** Milliseconds and value, oldest first; no value where nothing is known. */
  points: (readonly [number, number | null])[];
}

export interface TimeChartProps {
  series: TimeSeries[];
  /** A value as people read it. */
  write: (value: number) => string;
  /** What the picture shows, in words. */
  label: string;
  /** The end of the scale, which begins at 0 then; else both follow the values. */
  top?: number;
  /** The span that is shown, in milliseconds; else that of the points. */
  from?: number;
  until?: number;
  height?: number;
}

export function TimeChart({ height = 220, ...props }: TimeChartProps) {
  return (
    <Suspense fallback={<Skeleton height={height} aria-hidden />}>
      <Lines {...props} height={height} />
    </Suspense>
  );
}
