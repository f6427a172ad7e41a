import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { TimeChart } from "@/shared/chart/TimeChart";
import { useFormat } from "@/shared/format";

export interface GrowthPoint {
  at: string;
  usedBytes: number;
}

export interface GrowthSeries {
  name: string;
  points: GrowthPoint[];
}

export function StorageGrowth({ series, height }: { series: GrowthSeries[]; height?: number }) {
  const { t } = useTranslation();
  const { bytes, date } = useFormat();
  const lines = useMemo(
    () =>
      series.map(({ name, points }) => ({
        name,
        points: points.map(({ at, usedBytes }) => [Date.parse(at), usedBytes] as const),
      })),
    [series],
  );
  const told = series
    .map(({ name, points }) => {
      const last = points.at(-1);
      return last ? t("pools.growth.told", { name, used: bytes(last.usedBytes), date: date(last.at) }) : name;
    })
    .join("; ");
  return (
    <TimeChart
      series={lines}
      write={bytes}
      label={t("pools.growth.label", { told })}
      {...(height !== undefined && { height })}
    />
  );
}
