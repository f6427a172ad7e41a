import { CircleDashed, CircleX, ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Repository } from "@/api/types";
import { StatusBadge } from "@/shared/StatusBadge";

/** What the last check found: nothing wrong, something wrong, or that there was none. */
export function CheckBadge({ repository, size }: { repository: Repository; size?: "sm" | "md" }) {
  const { t } = useTranslation();
  if (repository.checkOk == null) {
    return (
      <StatusBadge face={{ tone: "idle", icon: CircleDashed }} label={t("repositories.check.never")} size={size} />
    );
  }
  return repository.checkOk ? (
    <StatusBadge face={{ tone: "ok", icon: ShieldCheck }} label={t("repositories.check.ok")} size={size} />
  ) : (
    <StatusBadge face={{ tone: "failed", icon: CircleX }} label={t("repositories.check.damaged")} size={size} />
  );
}
