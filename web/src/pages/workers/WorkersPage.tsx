import { Skeleton } from "@mantine/core";
import { Cpu } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Worker } from "@/api/types";
import { ListSearch, NothingFound, useListText } from "@/shared/list/ListSearch";
import { MorePages } from "@/shared/list/MorePages";
import { usePages } from "@/shared/list/usePages";
import { Page } from "@/shared/Page";
import { EmptyState, ErrorState } from "@/shared/states";
import { ProcessCard, processesOf } from "./ProcessCard";

export function WorkersPage() {
  const { t } = useTranslation();
  const search = useListText();
  const { query, items, total } = usePages<Worker>(
    ["workers"],
    (asked, signal) => ask(api.GET("/api/workers", { params: { query: asked }, signal })),
    search.q,
  );
  return (
    <Page title={t("nav.workers")} description={t("workers.description")}>
      {query.isPending && <Skeleton height={190} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <ListSearch search={search} total={total} searchIn={t("workers.searchIn")} />
      {items?.length === 0 && search.q === "" && (
        <EmptyState icon={Cpu} title={t("workers.emptyTitle")}>
          {t("workers.emptyText")}
        </EmptyState>
      )}
      {processesOf(items ?? []).map((process) => (
        <ProcessCard key={`${process[0].hostName} ${process[0].pid}`} workers={process} />
      ))}
      <NothingFound items={items} q={search.q} />
      <MorePages query={query} total={total} />
    </Page>
  );
}
