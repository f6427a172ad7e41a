import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CirclePause, ExternalLink } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { SystemInfo } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { Page, PageSkeleton } from "@/shared/Page";
import { Section } from "@/shared/Section";
import { StatusBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";

export function SystemPage() {
  const { t } = useTranslation();
  const system = useQuery({ queryKey: ["system"], queryFn: () => ask(api.GET("/api/system")) });
  return (
    <Page title={t("nav.system")} description={t("system.description")} narrow>
      {system.isPending && <PageSkeleton />}
      {system.isError && <ErrorState error={system.error} onRetry={() => void system.refetch()} />}
      {system.data && <Sections system={system.data} />}
    </Page>
  );
}

const CATALOG_NAMES: Record<string, string> = { sqlite: "SQLite", postgresql: "PostgreSQL" };

function Sections({ system }: { system: SystemInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const interfaces = [
    { href: "/api/openapi.json", label: t("system.openapi") },
    { href: "/metrics", label: t("system.metrics") },
    { href: "/health/ready", label: t("system.health") },
  ];
  return (
    <>
      <Section title={t("system.server")}>
        <Facts
          columns={3}
          facts={[
            { label: t("system.version"), value: system.version },
            { label: t("system.startedAt"), value: <Time at={system.startedAt} /> },
            { label: t("system.hostName"), value: system.hostName },
            { label: t("system.address"), value: system.address },
            { label: t("system.memory"), value: format.bytes(system.residentBytes) },
            { label: t("system.catalog"), value: CATALOG_NAMES[system.catalog] ?? system.catalog },
          ]}
        />
      </Section>
      <Section title={t("system.scheduling")}>
        <Facts
          columns={3}
          facts={[
            {
              label: t("system.scheduler"),
              value: system.schedulerEnabled ? (
                <StatusBadge face={{ tone: "ok", icon: CircleCheck }} label={t("system.schedulerOn")} />
              ) : (
                <StatusBadge face={{ tone: "warning", icon: CirclePause }} label={t("system.schedulerOff")} />
              ),
            },
            { label: t("system.timeZone"), value: system.timeZone },
            { label: t("system.maxGlobal"), value: format.number(system.maxConcurrentGlobal) },
            { label: t("system.maxPerServer"), value: format.number(system.maxConcurrentPerServer) },
          ]}
        />
      </Section>
      <Section title={t("system.interfaces")}>
        <Stack gap="xs" align="flex-start">
          {interfaces.map(({ href, label }) => (
            <Anchor key={href} href={href} target="_blank" rel="noreferrer">
              {label} <ExternalLink size={14} aria-hidden />
            </Anchor>
          ))}
        </Stack>
      </Section>
    </>
  );
}
