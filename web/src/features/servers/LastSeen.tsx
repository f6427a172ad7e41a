import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { Time } from "@/shared/Time";

/** When a machine was last heard of; of one that is there, that is now, whatever was written down last. */
export function LastSeen({ server }: { server: Pick<Server, "connection" | "lastSeenAt"> }) {
  const { t } = useTranslation();
  if (server.connection === "online") return t("servers.seenNow");
  return <Time at={server.lastSeenAt} missing={t("common.never")} />;
}
