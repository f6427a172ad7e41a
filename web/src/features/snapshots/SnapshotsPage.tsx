import { Button, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Camera } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Snapshot } from "@/api/types";
import { planSource } from "@/features/plans/queries";
import { repositorySource } from "@/features/repositories/queries";
import { useFormat } from "@/shared/format";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { SnapshotMarks } from "./SnapshotMarks";

export function SnapshotsPage() {
  const { t } = useTranslation();
  const { bytes, number } = useFormat();
  return (
    <Page title={t("nav.snapshots")} description={t("snapshots.description")}>
      <ListView<Snapshot>
        label={t("nav.snapshots")}
        queryKey={["snapshots"]}
        fetchPage={(query, signal) => ask(api.GET("/api/snapshots", { params: { query }, signal }))}
        defaultSort="-takenAt"
        rowKey={(row) => row.id}
        rowLink={(row) => `/snapshots/${row.id}`}
        searchIn={t("snapshots.searchIn")}
        filters={[
          { id: "planId", label: t("runs.plan"), source: planSource },
          { id: "repositoryId", label: t("snapshots.repository"), source: repositorySource },
        ]}
        empty={
          <EmptyState
            icon={Camera}
            title={t("snapshots.none")}
            action={
              <Button component={Link} to="/plans">
                {t("snapshots.toPlans")}
              </Button>
            }
          >
            {t("snapshots.noneWhy")}
          </EmptyState>
        }
        columns={[
          {
            id: "taken",
            header: t("snapshots.taken"),
            sort: "takenAt",
            width: "minmax(12rem, 1.4fr)",
            cell: (row) => (
              <div>
                <Text size="sm" fw={600}>
                  <Time at={row.takenAt} absolute />
                </Text>
                <Text size="xs" c="dimmed">
                  {row.planName ?? row.hostName} · <span className="mono">{row.shortHash}</span>
                </Text>
              </div>
            ),
          },
          {
            id: "state",
            header: t("common.state"),
            width: "minmax(10rem, 1.2fr)",
            cell: (row) => <SnapshotMarks snapshot={row} />,
          },
          {
            id: "paths",
            header: t("snapshots.paths"),
            width: "minmax(10rem, 1.4fr)",
            from: "medium",
            cell: (row) => (
              <Text size="xs" ff="monospace" lineClamp={2} title={row.paths.join("\n")}>
                {row.paths.join(", ")}
              </Text>
            ),
          },
          {
            id: "repository",
            header: t("snapshots.repository"),
            width: "9rem",
            from: "wide",
            cell: (row) => row.repositoryName,
          },
          {
            id: "files",
            header: t("progress.files"),
            width: "7rem",
            align: "end",
            from: "medium",
            cell: (row) => (row.files == null ? "–" : number(row.files)),
          },
          {
            id: "size",
            header: t("snapshots.size"),
            width: "7rem",
            align: "end",
            cell: (row) => (row.sizeBytes == null ? "–" : bytes(row.sizeBytes)),
          },
        ]}
      />
    </Page>
  );
}
