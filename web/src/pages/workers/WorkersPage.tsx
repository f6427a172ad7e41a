import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { Page } from "@/shared/Page";
import { EmptyState, ErrorState } from "@/shared/states";
import { ProcessCard, processesOf } from "./ProcessCard";

export function WorkersPage() {
  const { t } = useTranslation();
  const workers = useQuery({ queryKey: ["workers"], queryFn: () => ask(api.GET("/api/workers")) });
  return (
    <Page title={t("nav.workers")} description={t("workers.description")}>
      {workers.isPending && <Skeleton height={190} />}
      {workers.isError && <ErrorState error={workers.error} onRetry={() => void workers.refetch()} />}
      {workers.data?.items.length === 0 && (
        <EmptyState icon={Cpu} title={t("workers.emptyTitle")}>
          {t("workers.emptyText")}
        </EmptyState>
      )}
      {processesOf(workers.data?.items ?? []).map((process) => (
        <ProcessCard key={`${process[0].hostName} ${process[0].pid}`} workers={process} />
      ))}
    </Page>
  );
}
