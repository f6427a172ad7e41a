import { Anchor, Card, Group, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play, RotateCw, ScrollText, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Worker } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { showSuccess } from "@/shared/notify";
import { ActionButton } from "@/shared/permission";
import { WorkerStateBadge } from "@/shared/StatusBadge";
import { StopDialog } from "./StopDialog";
import { WorkerLog } from "./WorkerLog";

type Order = "start" | "restart" | "stop" | "stopNow";

export function WorkerCard({ worker }: { worker: Worker }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<"none" | "stop" | "log">("none");
  const close = () => setDialog("none");
  const stopped = worker.state === "stopped" || worker.state === "lost";
  const order = useMutation({
    mutationFn: (what: Order) => give(worker.name, what),
    onSuccess: () => showSuccess(t("workers.asked", { name: worker.name })),
    onSettled: async () => {
      close();
      await client.invalidateQueries({ queryKey: ["workers"] });
    },
  });
  return (
    <Card component="article">
      <Group justify="space-between" mb="md" wrap="nowrap" align="flex-start">
        <div>
          <Title order={2}>{worker.name}</Title>
          <Text size="sm" c="dimmed">
            {worker.hostName} · {t("workers.pid", { pid: worker.pid })}
            {worker.embedded && ` · ${t("workers.embedded")}`}
          </Text>
        </div>
        <WorkerStateBadge state={worker.state} />
      </Group>
      <Facts
        compact
        facts={[
          { label: t("workers.uptime"), value: format.duration(worker.uptimeSeconds) },
          { label: t("workers.memory"), value: format.bytes(worker.residentBytes) },
          { label: t("workers.cpu"), value: format.percent(worker.cpuPercent / 100) },
          { label: t("workers.jobsDone"), value: format.number(worker.jobsDone) },
          {
            label: t("workers.currentJob"),
            value: worker.currentJobId ? (
              <Anchor component={Link} to={`/jobs/${worker.currentJobId}`}>
                {t("workers.job", { id: worker.currentJobId })}
              </Anchor>
            ) : (
              t("common.none")
            ),
          },
        ]}
      />
      <Group mt="lg" gap="xs">
        <ActionButton
          permission="manageWorkers"
          variant="default"
          size="xs"
          leftSection={<Play size={15} aria-hidden />}
          disabledReason={stopped ? null : t("workers.alreadyRunning")}
          onClick={() => order.mutate("start")}
        >
          {t("workers.start")}
        </ActionButton>
        <ActionButton
          permission="manageWorkers"
          variant="default"
          size="xs"
          leftSection={<Square size={14} aria-hidden />}
          disabledReason={stopped ? t("workers.alreadyStopped") : null}
          onClick={() => setDialog("stop")}
        >
          {t("workers.stop")}
        </ActionButton>
        <ActionButton
          permission="manageWorkers"
          variant="default"
          size="xs"
          leftSection={<RotateCw size={15} aria-hidden />}
          onClick={() => order.mutate("restart")}
        >
          {t("workers.restart")}
        </ActionButton>
        <ActionButton
          permission="manageWorkers"
          variant="subtle"
          size="xs"
          leftSection={<ScrollText size={15} aria-hidden />}
          onClick={() => setDialog("log")}
        >
          {t("workers.logs")}
        </ActionButton>
      </Group>
      <StopDialog
        name={worker.name}
        opened={dialog === "stop"}
        onClose={close}
        onStop={(now) => order.mutate(now ? "stopNow" : "stop")}
        pending={order.isPending}
      />
      <WorkerLog name={worker.name} opened={dialog === "log"} onClose={close} />
    </Card>
  );
}

function give(name: string, order: Order): Promise<unknown> {
  const params = { path: { name } };
  switch (order) {
    case "start":
      return ask(api.POST("/api/workers/{name}/start", { params }));
    case "restart":
      return ask(api.POST("/api/workers/{name}/restart", { params }));
    case "stop":
      return ask(api.POST("/api/workers/{name}/stop", { params, body: { now: false } }));
    case "stopNow":
      return ask(api.POST("/api/workers/{name}/stop", { params, body: { now: true } }));
  }
}
