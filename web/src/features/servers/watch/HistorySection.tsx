import { SegmentedControl, SimpleGrid, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { HistoryRange, StatsHistory } from "@/api/types";
import { TimeChart, type TimeSeries } from "@/shared/chart/TimeChart";
import { useFormat } from "@/shared/format";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";
import { withGaps } from "./gaps";
import { historyQuery } from "./queries";

const RANGES: readonly HistoryRange[] = ["day", "week", "month", "year"];

/** More lines than this cannot be told apart: the fullest are shown. */
const MOST_DISKS = 5;

/** How the machine has been doing. While it was not there, there is no line. */
export function HistorySection({ serverId }: { serverId: number }) {
  const { t } = useTranslation();
  const [range, setRange] = useState<HistoryRange>("day");
  const history = useQuery(historyQuery(serverId, range));
  return (
    <Section
      title={t("machine.history")}
      hint={t(`machine.rangeHint.${range}`)}
      aside={
        <SegmentedControl
          aria-label={t("machine.range")}
          value={range}
          onChange={(value) => setRange(RANGES.find((known) => known === value) ?? "day")}
          data={RANGES.map((value) => ({ value, label: t(`machine.ranges.${value}`) }))}
        />
      }
    >
      {history.isPending && <Skeleton height={200} aria-hidden />}
      {history.isError && <ErrorState error={history.error} onRetry={() => void history.refetch()} />}
      {history.data && <Charts history={history.data} />}
    </Section>
  );
}

const at = (instant: string) => Date.parse(instant);
const share = (part: number, whole: number) => (whole === 0 ? null : (part / whole) * 100);

function Charts({ history }: { history: StatsHistory }) {
  const { t } = useTranslation();
  const { percent, number } = useFormat();
  const { load, busy, disks } = useMemo(() => {
    const names = {
      cpu: t("machine.cpu"),
      memory: t("machine.memory"),
      swap: t("machine.swap"),
      load: t("machine.loadOne"),
    };
    return lines(history, names);
  }, [history, t]);
  if (history.points.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("machine.noHistory")}
      </Text>
    );
  }
  const span = { from: at(history.since), until: at(history.until) };
  const asPercent = (value: number) => percent(value / 100);
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <Chart title={t("machine.cpuAndMemory")} series={busy} write={asPercent} top={100} {...span} />
      <Chart title={t("machine.disks")} series={disks} write={asPercent} top={100} {...span} />
      <Chart title={t("machine.loadOne")} series={load} write={(value) => number(value, 2)} {...span} />
    </SimpleGrid>
  );
}

interface ChartProps {
  title: string;
  series: TimeSeries[];
  write: (value: number) => string;
  top?: number;
  from: number;
  until: number;
}

function Chart({ title, series, write, ...rest }: ChartProps) {
  const { t } = useTranslation();
  const told = series
    .map(({ name, points }) => {
      const last = points.findLast(([, value]) => value !== null)?.[1];
      return last == null ? name : t("machine.told", { name, value: write(last) });
    })
    .join("; ");
  return (
    <div>
      <Text size="sm" fw={550} mb={4}>
        {title}
      </Text>
      <TimeChart series={series} write={write} label={t("machine.chart", { title, told })} height={200} {...rest} />
    </div>
  );
}

interface Names {
  cpu: string;
  memory: string;
  swap: string;
  load: string;
}

function lines(history: StatsHistory, names: Names) {
  const { points, stepSeconds } = history;
  const line = (name: string, value: (point: StatsHistory["points"][number]) => number | null): TimeSeries => ({
    name,
    points: withGaps(
      points.map((point) => [at(point.at), value(point)] as const),
      stepSeconds,
    ),
  });
  const busy = [
    line(names.cpu, ({ cpuPercent }) => cpuPercent ?? null),
    line(names.memory, ({ memoryUsedBytes, memoryTotalBytes }) => share(memoryUsedBytes, memoryTotalBytes)),
  ];
  if (points.some(({ swapTotalBytes }) => swapTotalBytes > 0)) {
    busy.push(line(names.swap, ({ swapUsedBytes, swapTotalBytes }) => share(swapUsedBytes, swapTotalBytes)));
  }
  const fullness = ({ points }: StatsHistory["disks"][number]) => {
    const last = points.at(-1);
    return last ? (share(last.usedBytes, last.sizeBytes) ?? 0) : 0;
  };
  const disks = [...history.disks]
    .sort((a, b) => fullness(b) - fullness(a))
    .slice(0, MOST_DISKS)
    .map(({ mountPoint, points }) => ({
      name: mountPoint,
      points: withGaps(
        points.map((point) => [at(point.at), share(point.usedBytes, point.sizeBytes)] as const),
        stepSeconds,
      ),
    }));
  return { busy, disks, load: [line(names.load, (point) => point.load)] };
}
