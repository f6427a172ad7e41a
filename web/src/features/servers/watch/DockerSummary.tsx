import { Alert, Stack, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { HostDocker } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";

/** More names than this are no summary. */
const MOST_NAMES = 12;

export function DockerSummary({ docker }: { docker: HostDocker }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (docker.problem != null) {
    return (
      <Alert color="amber" icon={<TriangleAlert size={18} aria-hidden />} title={t("machine.dockerSilent")}>
        {docker.socket}: {docker.problem}
      </Alert>
    );
  }
  const { containers, projects, volumes, networks } = docker;
  const running = containers.filter(({ state }) => state === "running").length;
  const loose = containers.filter(({ project }) => project == null);
  const orphans = volumes.filter(({ used }) => !used);
  return (
    <Stack gap="md">
      <Facts
        facts={[
          { label: t("machine.engine"), value: docker.version ?? "–", note: docker.engine },
          {
            label: t("machine.containers"),
            value: number(containers.length),
            note: t("machine.ofThemRunning", { count: running, formatted: number(running) }),
          },
          {
            label: t("machine.dockerVolumes"),
            value: number(volumes.length),
            note:
              orphans.length > 0 && t("machine.orphans", { count: orphans.length, formatted: number(orphans.length) }),
          },
          { label: t("machine.networks"), value: number(networks.length) },
        ]}
      />
      {projects.map(({ name, workingDir, containers, running }) => (
        <div key={name}>
          <Text size="sm" fw={550}>
            {name}{" "}
            <Text span size="xs" c="dimmed">
              {t("machine.projectRunning", { running: number(running), all: number(containers) })}
            </Text>
          </Text>
          {workingDir && (
            <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
              {workingDir}
            </Text>
          )}
        </div>
      ))}
      {loose.length > 0 && (
        <Text size="sm">
          {t("machine.loose")}{" "}
          {loose
            .slice(0, MOST_NAMES)
            .map(({ name }) => name)
            .join(", ")}
          {loose.length > MOST_NAMES && "…"}
        </Text>
      )}
    </Stack>
  );
}
