import { Group } from "@mantine/core";
import { CircleDashed, CircleX, FileWarning, ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Snapshot } from "@/api/types";
import { StatusBadge } from "@/shared/StatusBadge";

/** Whether a snapshot was proven to be readable, and whether all of it is there. */
export function SnapshotMarks({ snapshot, size }: { snapshot: Snapshot; size?: "sm" | "md" }) {
  const { t } = useTranslation();
  return (
    <Group gap={6}>
      {snapshot.damaged ? (
        <StatusBadge face={{ tone: "failed", icon: CircleX }} label={t("snapshots.damaged")} size={size} />
      ) : snapshot.verifiedAt ? (
        <StatusBadge face={{ tone: "ok", icon: ShieldCheck }} label={t("snapshots.verified")} size={size} />
      ) : (
        <StatusBadge face={{ tone: "idle", icon: CircleDashed }} label={t("snapshots.unverified")} size={size} />
      )}
      {snapshot.incomplete && (
        <StatusBadge face={{ tone: "warning", icon: FileWarning }} label={t("snapshots.incomplete")} size={size} />
      )}
    </Group>
  );
}
