import { Anchor, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play, RotateCw, ScrollText, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Worker } from "@/api/types";
import { useFormat } from "@/shared/format";
import { showSuccess } from "@/shared/notify";
import { ActionButton } from "@/shared/permission";
import { WorkerStateBadge } from "@/shared/StatusBadge";
import { StopDialog } from "./StopDialog";
import { WorkerLog } from "./WorkerLog";
import styles from "./WorkerRow.module.css";

type Order = "start" | "restart" | "stop" | "stopNow";

/** One worker: what it does, and what it can be told. */
export function WorkerRow({ worker }: { worker: Worker }) {
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
    <article className={styles.worker} aria-label={worker.name}>
      <div className={styles.name}>
        <Text fw={600}>{worker.name}</Text>
        <WorkerStateBadge state={worker.state} />
      </div>
      <div className={styles.work}>
        <Text size="sm">
          {worker.currentJobId ? (
            <Anchor component={Link} to={`/jobs/${worker.currentJobId}`} inherit>
              {t("workers.job", { id: worker.currentJobId })}
            </Anchor>
          ) : (
            t("workers.noJob")
          )}
        </Text>
        <Text size="xs" c="dimmed">
          {t("workers.done", { count: worker.jobsDone, formatted: format.number(worker.jobsDone) })}
          {!stopped && ` · ${t("workers.upFor", { time: format.duration(worker.uptimeSeconds) })}`}
        </Text>
      </div>
      <Group gap="xs" className={styles.orders}>
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
    </article>
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
