import { Card, Group, Pill, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { PlugZap, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { useIdParam } from "@/app/routes/params";
import { Facts } from "@/shared/Facts";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ConnectionBadge } from "@/shared/StatusBadge";
import { EmptyState, ErrorState } from "@/shared/states";
import { FolderBrowser } from "./FolderBrowser";
import { LastSeen } from "./LastSeen";
import { serverQuery } from "./queries";
import { ServerActions } from "./ServerActions";
import { UpgradeNotice } from "./UpgradeNotice";
import { useAgentFacts } from "./useAgentFacts";
import { AlertsSection } from "./watch/AlertsSection";
import { CapabilitiesSection } from "./watch/CapabilitiesSection";
import { HistorySection } from "./watch/HistorySection";
import { StatsSection } from "./watch/StatsSection";

export function ServerPage() {
  const id = useIdParam("serverId");
  const server = useQuery(serverQuery(id));
  if (server.error) return <ErrorState error={server.error} onRetry={() => void server.refetch()} />;
  if (!server.data) return <PageSkeleton />;
  return <ServerDetails server={server.data} />;
}

function ServerDetails({ server }: { server: Server }) {
  const { t } = useTranslation();
  return (
    <Page
      title={server.name}
      back={{ to: "/servers", label: t("nav.servers") }}
      mark={<ConnectionBadge state={server.connection} size="md" />}
      description={server.local ? t("servers.thisMachineWhy") : server.address}
      actions={<ServerActions server={server} />}
    >
      <AlertsSection serverId={server.id} />
      <UpgradeNotice server={server} />
      <Card>
        <Facts
          facts={[
            { label: t("servers.hostName"), value: server.hostName ?? "–" },
            { label: t("servers.os"), value: server.os ?? "–" },
            { label: t("servers.lastSeen"), value: <LastSeen server={server} /> },
            ...useAgentFacts(server.agent),
            {
              label: t("servers.labels"),
              value:
                server.labels.length === 0 ? (
                  "–"
                ) : (
                  <Group gap={4}>
                    {server.labels.map((label) => (
                      <Pill key={label}>{label}</Pill>
                    ))}
                  </Group>
                ),
            },
          ]}
        />
      </Card>
      {server.connection === "online" ? <Files server={server} /> : <Unreachable server={server} />}
      {server.connection !== "neverSeen" && (
        <>
          <StatsSection server={server} />
          <HistorySection serverId={server.id} />
          <CapabilitiesSection server={server} />
        </>
      )}
    </Page>
  );
}

/** No agent yet, or one that does not call: what to do next. */
function Unreachable({ server }: { server: Server }) {
  const { t } = useTranslation();
  const never = server.agent?.enrolled !== true;
  return (
    <Card>
      <EmptyState icon={PlugZap} title={t(never ? "servers.noAgent" : "servers.offline")}>
        {t(never ? "servers.noAgentWhy" : "servers.offlineWhy")}
      </EmptyState>
    </Card>
  );
}

function Files({ server }: { server: Server }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <Card>
      <Group justify="space-between" mb="sm" align="flex-start">
        <div>
          <Title order={2}>{t("servers.files")}</Title>
          <Text size="sm" c="dimmed">
            {t("servers.filesWhy")}
          </Text>
        </div>
        <ActionButton
          permission="managePlans"
          leftSection={<Plus size={16} aria-hidden />}
          disabledReason={chosen.length === 0 ? t("servers.chooseFirst") : null}
          onClick={() => void navigate({ to: "/plans/new", search: { serverId: server.id, folders: chosen } })}
        >
          {t("servers.protect", { count: Math.max(1, chosen.length) })}
        </ActionButton>
      </Group>
      <FolderBrowser serverId={server.id} chosen={chosen} onChange={setChosen} />
    </Card>
  );
}
