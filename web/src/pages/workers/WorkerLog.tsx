import { Modal, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { LogView } from "@/shared/LogView";
import { ErrorState } from "@/shared/states";

interface WorkerLogProps {
  name: string;
  opened: boolean;
  onClose: () => void;
}

export function WorkerLog({ name, opened, onClose }: WorkerLogProps) {
  const { t } = useTranslation();
  const log = useQuery({
    queryKey: ["workers", name, "log"],
    queryFn: () => ask(api.GET("/api/workers/{name}/logs", { params: { path: { name } } })),
    enabled: opened,
  });
  return (
    <Modal opened={opened} onClose={onClose} size="xl" title={t("workers.logsOf", { name })}>
      {log.isPending && <Skeleton height={240} />}
      {log.isError && <ErrorState error={log.error} onRetry={() => void log.refetch()} />}
      {log.data?.items.length === 0 && <Text c="dimmed">{t("workers.logsEmpty")}</Text>}
      {log.data && log.data.items.length > 0 && (
        <LogView lines={log.data.items} live={false} fileName={`rempart-${name}`} />
      )}
    </Modal>
  );
}
