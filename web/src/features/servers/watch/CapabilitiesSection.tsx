import { SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import type { HostCapabilities, Server } from "@/api/types";
import { ActionButton } from "@/shared/permission";
import { Section } from "@/shared/Section";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { DatabaseCard } from "./DatabaseCard";
import { DockerSummary } from "./DockerSummary";
import { capabilitiesQuery, useLearnCapabilities } from "./queries";
import { useSnapshotSentence } from "./snapshot";

/** What can be protected on the machine, and with what: as it was found out last, with its age. */
export function CapabilitiesSection({ server }: { server: Server }) {
  const { t } = useTranslation();
  const known = useQuery(capabilitiesQuery(server.id));
  const learn = useLearnCapabilities(server.id);
  const taken = known.data?.takenAt;
  return (
    <Section
      title={t("machine.abilities")}
      hint={
        taken ? (
          <>
            {t("machine.foundOut")} <Time at={taken} />
          </>
        ) : (
          t("machine.abilitiesNever")
        )
      }
      aside={
        <ActionButton
          permission="manageServers"
          variant="default"
          leftSection={<RefreshCw size={16} aria-hidden />}
          loading={learn.isPending}
          disabledReason={server.connection === "online" ? null : t("machine.notThere")}
          onClick={() => learn.mutate()}
        >
          {t("machine.findOut")}
        </ActionButton>
      }
    >
      {known.isPending && <Skeleton height={120} aria-hidden />}
      {known.isError && <ErrorState error={known.error} onRetry={() => void known.refetch()} />}
      {known.data?.found && <Found found={known.data.found} />}
    </Section>
  );
}

function Found({ found }: { found: HostCapabilities }) {
  const { t } = useTranslation();
  const { databases, docker, volumes, tools } = found;
  const snapshot = useSnapshotSentence();
  return (
    <Stack gap="xl">
      <Part title={t("machine.databases")} none={databases.length === 0 ? t("machine.noDatabase") : null}>
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
          {databases.map((database) => (
            <DatabaseCard
              key={`${database.kind} ${database.dataDir} ${database.port} ${database.container}`}
              database={database}
            />
          ))}
        </SimpleGrid>
      </Part>
      <Part title={t("machine.docker")} none={docker == null ? t("machine.noDocker") : null}>
        {docker && <DockerSummary docker={docker} />}
      </Part>
      <Part title={t("machine.volumes")} none={volumes.length === 0 ? t("machine.noVolume") : null}>
        <Stack gap="sm">
          {volumes.map(({ mount, ability }) => (
            <div key={mount.mountPoint}>
              <Text size="sm" fw={550}>
                {mount.mountPoint}{" "}
                <Text span size="xs" c="dimmed">
                  {mount.device} · {mount.fileSystem}
                </Text>
              </Text>
              <Text size="sm" c="dimmed">
                {snapshot(ability)}
              </Text>
            </div>
          ))}
        </Stack>
      </Part>
      <Part title={t("machine.tools")} none={tools.length === 0 ? t("machine.noTool") : null}>
        <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="md" verticalSpacing="xs">
          {tools.map(({ name, version, path }) => (
            <Text key={path} size="sm" style={{ overflowWrap: "anywhere" }}>
              {name}{" "}
              <Text span size="xs" c="dimmed">
                {version ?? t("machine.versionUnknown")}
              </Text>
            </Text>
          ))}
        </SimpleGrid>
      </Part>
    </Stack>
  );
}

interface PartProps {
  title: string;
  /** What is said where there is nothing. */
  none: string | null;
  children: ReactNode;
}

function Part({ title, none, children }: PartProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={3} id={id} size="h4" mb="sm">
        {title}
      </Title>
      {none === null ? (
        children
      ) : (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
    </section>
  );
}
