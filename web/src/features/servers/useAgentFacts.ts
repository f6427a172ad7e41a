import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import type { Fact } from "@/shared/Facts";
import { useFormat } from "@/shared/format";

/** What a machine's agent says of itself and of the connection; nothing of this machine, which needs none. */
export function useAgentFacts(agent: Agent | null | undefined): Fact[] {
  const { t } = useTranslation();
  const { dateTime, number } = useFormat();
  if (!agent) return [];
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
  ];
}
