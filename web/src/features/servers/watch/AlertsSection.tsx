import { Alert, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { ServerAlert } from "@/api/types";
import { typeset } from "@/i18n/typeset";
import { useFormat } from "@/shared/format";
import { Section } from "@/shared/Section";
import { SEVERITY_FACES, TONE_COLOURS } from "@/shared/status";
import { Time } from "@/shared/Time";
import { alertsQuery } from "./queries";

/** A page has no room for more of what is over. */
const MOST_OVER = 5;

/** What asks for a person on this machine, and what did lately. Nothing where nothing did. */
export function AlertsSection({ serverId }: { serverId: number }) {
  const { t } = useTranslation();
  const alerts = useQuery(alertsQuery(serverId)).data ?? [];
  const standing = alerts.filter(({ until }) => until == null);
  const over = alerts.filter(({ until }) => until != null).slice(0, MOST_OVER);
  if (alerts.length === 0) return null;
  return (
    <>
      {standing.length > 0 && (
        <Stack gap="sm" component="section" aria-label={t("machine.alerts")}>
          {standing.map((alert) => (
            <Standing key={alert.id} alert={alert} />
          ))}
        </Stack>
      )}
      {over.length > 0 && (
        <Section title={t("machine.over")}>
          <List size="sm" spacing={6} listStyleType="none">
            {over.map((alert) => (
              <Over key={alert.id} alert={alert} />
            ))}
          </List>
        </Section>
      )}
    </>
  );
}

function Standing({ alert }: { alert: ServerAlert }) {
  const { t } = useTranslation();
  const face = SEVERITY_FACES[alert.severity];
  return (
    <Alert color={TONE_COLOURS[face.tone]} icon={<face.icon size={18} aria-hidden />} title={typeset(alert.message)}>
      {t("machine.since")} <Time at={alert.since} />
    </Alert>
  );
}

function Over({ alert }: { alert: ServerAlert }) {
  const { t } = useTranslation();
  const { dateTime } = useFormat();
  return (
    <List.Item>
      {typeset(alert.message)}
      <Text size="xs" c="dimmed">
        {t("machine.fromTo", { from: dateTime(alert.since), to: dateTime(alert.until ?? alert.since) })}
      </Text>
    </List.Item>
  );
}
