import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import type { Fact } from "@/shared/Facts";
import { useFormat } from "@/shared/format";

/** What a machine's agent says of itself and of the connection; nothing of this machine, which needs none. */
export function useAgentFacts(agent: Agent | null | undefined): Fact[] {
  const { t } = useTranslation();
  const { dateTime, number, rate } = useFormat();
  if (!agent) return [];
  const { bytesPerSecond, hours, priority } = agent.limits;
  const known = (value: string | null | undefined) => value ?? "–";
  return [
    {
      label: t("servers.roundTrip"),
      value: agent.roundTripMs == null ? "–" : t("units.milliseconds", { formatted: number(agent.roundTripMs, 1) }),
    },
    {
      label: t("servers.agentVersion"),
      value: known(agent.version),
      note: agent.enrolledAt == null ? null : t("servers.enrolledAt", { at: dateTime(agent.enrolledAt) }),
    },
    { label: t("servers.kernel"), value: known(agent.kernel), note: agent.architecture },
    { label: t("servers.addresses"), value: agent.addresses.length === 0 ? "–" : agent.addresses.join(", ") },
    {
      label: t("servers.limits.title"),
      value: bytesPerSecond == null ? t("servers.limits.none") : rate(bytesPerSecond),
      note: [
        ...(hours.length === 0 ? [] : [t("servers.limits.otherHours", { count: hours.length })]),
        t(`servers.limits.priorities.${priority}`),
      ].join(" · "),
    },
  ];
}
