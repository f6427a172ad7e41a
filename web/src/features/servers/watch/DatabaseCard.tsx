import { Card, Group, Stack, Text } from "@mantine/core";
import { CircleCheck, CircleHelp, CircleX, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AccessAttempt, HostDatabase } from "@/api/types";
import { useFormat } from "@/shared/format";
import { useSnapshotSentence } from "./snapshot";

/** What they call themselves: the same in every language. */
const NAMES: Record<HostDatabase["kind"], string> = {
  postgresql: "PostgreSQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
  mongodb: "MongoDB",
  redis: "Redis",
  sqlite: "SQLite",
  elasticsearch: "Elasticsearch",
  opensearch: "OpenSearch",
};

const FACES: Record<AccessAttempt["outcome"], { icon: LucideIcon; colour: string }> = {
  works: { icon: CircleCheck, colour: "var(--rp-ok)" },
  refused: { icon: CircleX, colour: "var(--rp-failed)" },
  notTried: { icon: CircleHelp, colour: "var(--rp-quiet)" },
};

export function DatabaseCard({ database }: { database: HostDatabase }) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  const snapshot = useSnapshotSentence();
  const { kind, name, version, port, publishedPort, socket, container, containerName } = database;
  const isFile = kind === "sqlite";
  const facts = [
    !isFile && (database.running ? t("machine.running") : t("machine.stopped")),
    port != null && t("machine.port", { port: String(port) }),
    container != null && t("machine.inContainer", { name: containerName ?? container.slice(0, 12) }),
    publishedPort != null && t("machine.publishedPort", { port: String(publishedPort) }),
    database.sizeBytes != null && bytes(database.sizeBytes),
  ].filter((fact) => fact !== false);
  return (
    <Card padding="md" withBorder>
      <Stack gap={6}>
        <Group gap="xs" justify="space-between" wrap="nowrap" align="baseline">
          <Text fw={600}>
            {NAMES[kind]} {version}
          </Text>
          <Text size="xs" c="dimmed" ta="right" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
        </Group>
        <Text size="sm">{facts.join(" · ")}</Text>
        {[database.dataDir, socket].map(
          (path) =>
            path != null && (
              <Text key={path} size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                {path}
              </Text>
            ),
        )}
        {!isFile && database.access.map((attempt) => <Attempt key={attempt.method} attempt={attempt} />)}
        {container == null && (
          <Text size="xs" c="dimmed">
            {snapshot(database.snapshot)}
          </Text>
        )}
      </Stack>
    </Card>
  );
}

function Attempt({ attempt: { method, outcome, detail } }: { attempt: AccessAttempt }) {
  const { t } = useTranslation();
  const face = FACES[outcome];
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <face.icon size={16} aria-hidden style={{ color: face.colour, flexShrink: 0, marginTop: 3 }} />
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {t(`machine.access.${method}`)}: {t(`machine.outcome.${outcome}`)}
        {detail && (
          <Text span size="xs" c="dimmed">
            {" "}
            ({detail})
          </Text>
        )}
      </Text>
    </Group>
  );
}
