import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";

/** ECharts is large: it comes with the first chart that is shown, in a chunk of its own. */
const GrowthChart = lazy(() => import("./GrowthChart").then((module) => ({ default: module.GrowthChart })));

export interface GrowthPoint {
  at: string;
  usedBytes: number;
}

export interface GrowthSeries {
  name: string;
  points: GrowthPoint[];
}

export function StorageGrowth({ series, height = 220 }: { series: GrowthSeries[]; height?: number }) {
  return (
    <Suspense fallback={<Skeleton height={height} aria-hidden />}>
      <GrowthChart series={series} height={height} />
    </Suspense>
  );
}
