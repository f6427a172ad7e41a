import { Anchor, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type LucideIcon, Play, RotateCw, ScrollText, Square } from "lucide-react";
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

/** A button of a worker's row. */
interface WorkerOrder {
  name: "start" | "stop" | "restart" | "logs";
  icon: LucideIcon;
  /** Why it means nothing now. */
  refusal?: string | null;
  give: () => void;
}

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
  const orders: WorkerOrder[] = [
    {
      name: "start",
      icon: Play,
      refusal: stopped ? null : t("workers.alreadyRunning"),
      give: () => order.mutate("start"),
    },
    {
      name: "stop",
      icon: Square,
      refusal: stopped ? t("workers.alreadyStopped") : null,
      give: () => setDialog("stop"),
    },
    { name: "restart", icon: RotateCw, give: () => order.mutate("restart") },
    { name: "logs", icon: ScrollText, give: () => setDialog("log") },
  ];
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
      <div className={styles.orders}>
        {orders.map(({ name, icon: Icon, refusal, give: onClick }) => (
          <ActionButton
            key={name}
            permission="manageWorkers"
            variant={name === "logs" ? "subtle" : "default"}
            size="xs"
            leftSection={<Icon size={15} aria-hidden />}
            disabledReason={refusal}
            onClick={onClick}
          >
            {t(`workers.${name}`)}
          </ActionButton>
        ))}
      </div>
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
