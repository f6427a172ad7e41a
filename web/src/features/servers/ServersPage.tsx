import { Card, Group, SimpleGrid, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Monitor, Plus, Server as ServerIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "@/features/pools/PoolsPage.module.css";
import { Page, PageSkeleton } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { ConnectionBadge } from "@/shared/StatusBadge";
import { EmptyState, ErrorState } from "@/shared/states";
import { serverChoicesQuery } from "./queries";

export function ServersPage() {
  const { t } = useTranslation();
  const servers = useQuery(serverChoicesQuery());
  // This machine first: it is the one that is there from the beginning.
  const items = [...(servers.data?.items ?? [])].sort(
    (a, b) => Number(b.local) - Number(a.local) || a.name.localeCompare(b.name),
  );
  return (
    <Page
      title={t("nav.servers")}
      description={t("servers.description")}
      actions={
        <ActionButton
          permission="manageServers"
          variant="default"
          leftSection={<Plus size={16} aria-hidden />}
          disabledReason={t("servers.agentsLater")}
        >
          {t("servers.add")}
        </ActionButton>
      }
    >
      {servers.isPending && <PageSkeleton />}
      {servers.error && <ErrorState error={servers.error} onRetry={() => void servers.refetch()} />}
      {servers.data && items.length === 0 && (
        <Card>
          <EmptyState icon={ServerIcon} title={t("servers.none")}>
            {t("servers.noneWhy")}
          </EmptyState>
        </Card>
      )}
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} component="ul" className={classes.list}>
        {items.map((server) => (
          <Card key={server.id} component="li" className={classes.card}>
            <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
              <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
                {server.local ? (
                  <Monitor size={22} aria-hidden className={classes.icon} />
                ) : (
                  <ServerIcon size={22} aria-hidden className={classes.icon} />
                )}
                <div style={{ minWidth: 0 }}>
                  <Title order={2} size="h3">
                    <Link to={`/servers/${server.id}`} className={classes.link}>
                      {server.name}
                    </Link>
                  </Title>
                  <Text size="xs" c="dimmed">
                    {server.local ? t("servers.thisMachine") : (server.address ?? server.hostName)}
                  </Text>
                </div>
              </Group>
              <ConnectionBadge state={server.connection} />
            </Group>
            <Group justify="space-between" mt="md" gap="xs">
              <Text size="sm">{t("servers.plans", { count: server.planCount })}</Text>
              <Text size="xs" c="dimmed">
                {server.os ?? ""}
              </Text>
            </Group>
          </Card>
        ))}
      </SimpleGrid>
    </Page>
  );
}
