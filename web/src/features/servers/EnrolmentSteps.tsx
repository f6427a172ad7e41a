import { Alert, Button, Group, Loader, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Enrolment, Server } from "@/api/types";
import { Refusal } from "@/features/Refusal";
import { Secret } from "@/shared/Secret";
import { Time } from "@/shared/Time";
import { useEnrol } from "./changes";
import { serverQuery } from "./queries";

interface EnrolmentStepsProps {
  server: Server;
  onClose: () => void;
}

/** The command to paste on the machine, and whether its agent has called. */
export function EnrolmentSteps({ server, onClose }: EnrolmentStepsProps) {
  const { t } = useTranslation();
  const enrol = useEnrol();
  const asked = useRef(false);
  const askFor = enrol.mutate;
  useEffect(() => {
    // Each token makes the one before void.
    if (asked.current) return;
    asked.current = true;
    askFor(server.id);
  }, [askFor, server.id]);

  if (enrol.error) return <Refusal error={enrol.error} onRetry={() => askFor(server.id)} />;
  if (!enrol.data) return <Skeleton height={220} aria-label={t("common.loading")} />;
  return (
    <Stack gap="md">
      <Text size="sm">{t("servers.enrol.how")}</Text>
      <Secret label={t("servers.enrol.command")} value={enrol.data.command} />
      <Call server={server} enrolment={enrol.data} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{t("common.done")}</Button>
      </Group>
    </Stack>
  );
}

/** Told by an event of the topic `servers` when it happens. */
function Call({ server, enrolment }: { server: Server; enrolment: Enrolment }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...serverQuery(server.id), initialData: server });
  // An agent that was there before has to come with the new key.
  const enrolled = data.agent?.enrolledAt != null && data.agent.enrolledAt !== server.agent?.enrolledAt;
  return (
    <div aria-live="polite">
      {enrolled && data.connection === "online" ? (
        <Alert color="moss" icon={<CircleCheck size={20} aria-hidden />} title={t("servers.enrol.connected")}>
          {[data.hostName, data.os].filter(Boolean).join(" · ")}
        </Alert>
      ) : (
        <Group gap="sm" wrap="nowrap">
          <Loader size="sm" aria-hidden />
          <Text size="sm">
            {t("servers.enrol.waiting")} {t("servers.enrol.expires")} <Time at={enrolment.expiresAt} />
          </Text>
        </Group>
      )}
    </div>
  );
}
