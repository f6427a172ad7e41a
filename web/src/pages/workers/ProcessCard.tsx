import { Card, Group, Text, Title } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Worker } from "@/api/types";
import { useFormat } from "@/shared/format";
import { WorkerRow } from "./WorkerRow";

/** The workers of one process: memory and processor are the process's, and are said once. */
export function ProcessCard({ workers }: { workers: [Worker, ...Worker[]] }) {
  const { t } = useTranslation();
  const { bytes, percent } = useFormat();
  const id = useId();
  const { hostName, pid, embedded, residentBytes, cpuPercent } = workers[0];
  return (
    <Card component="section" aria-labelledby={id}>
      <Group justify="space-between" mb="xs" gap="sm">
        <div>
          <Title order={2} id={id}>
            {hostName}
          </Title>
          <Text size="sm" c="dimmed">
            {t("workers.pid", { pid })}
            {embedded && ` · ${t("workers.embedded")}`}
          </Text>
        </div>
        <Text size="sm" c="dimmed">
          {t("workers.memory")} {bytes(residentBytes)} · {t("workers.cpu")} {percent(cpuPercent / 100)}
        </Text>
      </Group>
      {workers.map((worker) => (
        <WorkerRow key={worker.name} worker={worker} />
      ))}
    </Card>
  );
}

/** By machine and process, in the order in which they come. */
export function processesOf(workers: readonly Worker[]): [Worker, ...Worker[]][] {
  const processes = new Map<string, [Worker, ...Worker[]]>();
  for (const worker of workers) {
    const key = `${worker.hostName} ${worker.pid}`;
    const others = processes.get(key);
    if (others) others.push(worker);
    else processes.set(key, [worker]);
  }
  return [...processes.values()];
}
