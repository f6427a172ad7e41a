import { SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { HostStats, Server, ServerStats } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { ActionButton } from "@/shared/permission";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { DiskGauge } from "./DiskGauge";
import { Gauge } from "./Gauge";
import { statsQuery, useCollectStats } from "./queries";

/** How the machine is doing: the last look at it, with its age. */
export function StatsSection({ server }: { server: Server }) {
  const { t } = useTranslation();
  const stats = useQuery(statsQuery(server.id));
  const collect = useCollectStats(server.id);
  const taken = stats.data?.takenAt;
  return (
    <Section
      title={t("machine.title")}
      hint={
        taken ? (
          <>
            {t("machine.taken")} <Time at={taken} />
          </>
        ) : (
          t("machine.never")
        )
      }
      aside={
        <ActionButton
          permission="manageServers"
          variant="default"
          leftSection={<RefreshCw size={16} aria-hidden />}
          loading={collect.isPending}
          disabledReason={server.connection === "online" ? null : t("machine.notThere")}
          onClick={() => collect.mutate()}
        >
          {t("machine.look")}
        </ActionButton>
      }
    >
      {stats.isPending && <Skeleton height={120} aria-hidden />}
      {stats.isError && <ErrorState error={stats.error} onRetry={() => void stats.refetch()} />}
      {stats.data?.figures && <Figures stats={stats.data} figures={stats.data.figures} />}
    </Section>
  );
}

function Figures({ stats, figures }: { stats: ServerStats; figures: HostStats }) {
  const { t } = useTranslation();
  const { bytes, number, duration, dateTime } = useFormat();
  const { cpu, memory, disks, system } = figures;
  const of = (used: number, total: number) => t("machine.of", { used: bytes(used), total: bytes(total) });
  const memoryUsed = memory.totalBytes - memory.availableBytes;
  const swapUsed = memory.swapTotalBytes - memory.swapFreeBytes;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg" verticalSpacing="md">
        <Gauge
          label={t("machine.cpu")}
          share={cpu.usagePercent == null ? null : cpu.usagePercent / 100}
          note={t("machine.load", { load: cpu.load.map((value) => number(value, 2)).join(" · ") })}
          threshold={stats.thresholds.cpuPercent}
        />
        <Gauge
          label={t("machine.memory")}
          share={memory.totalBytes === 0 ? null : memoryUsed / memory.totalBytes}
          note={of(memoryUsed, memory.totalBytes)}
          threshold={stats.thresholds.memoryPercent}
        />
        <Gauge
          label={t("machine.swap")}
          share={memory.swapTotalBytes === 0 ? null : swapUsed / memory.swapTotalBytes}
          note={memory.swapTotalBytes === 0 ? t("machine.noSwap") : of(swapUsed, memory.swapTotalBytes)}
        />
      </SimpleGrid>
      <div>
        <Text size="xs" c="dimmed" mb="xs">
          {t("machine.disks")}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="lg" verticalSpacing="md">
          {disks.map((disk) => (
            <DiskGauge
              key={disk.mountPoint}
              disk={disk}
              threshold={stats.thresholds.diskPercent ?? null}
              fullAt={stats.forecasts.find((forecast) => forecast.mountPoint === disk.mountPoint)?.fullAt ?? null}
            />
          ))}
        </SimpleGrid>
      </div>
      <Facts
        facts={[
          {
            label: t("machine.processor"),
            value: cpu.model ?? system.architecture,
            note: t("machine.cores", { count: cpu.cores, formatted: number(cpu.cores) }),
          },
          { label: t("machine.system"), value: system.os, note: `${system.kernel} · ${system.architecture}` },
          {
            label: t("machine.uptime"),
            value: duration(figures.uptimeSeconds),
            note: t("machine.booted", { at: dateTime(figures.bootedAt) }),
          },
          {
            label: t("machine.addresses"),
            value:
              figures.addresses.length === 0
                ? "–"
                : figures.addresses.map(({ interface: name, address }) => (
                    <div key={`${name} ${address}`} style={{ overflowWrap: "anywhere" }}>
                      {address}{" "}
                      <Text span size="xs" c="dimmed">
                        {name}
                      </Text>
                    </div>
                  )),
          },
        ]}
      />
    </Stack>
  );
}
