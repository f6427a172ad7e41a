import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/types";
import { useCronInWords } from "@/features/schedule/describe";

/** When a plan runs, in words. */
export function ScheduleLine({ plan }: { plan: Pick<Plan, "schedule"> }) {
  const { t } = useTranslation();
  const words = useCronInWords(plan.schedule?.cron);
  if (!plan.schedule) return t("schedule.kind.manual");
  // Nothing for the moment until the words are here: an expression that turns into a sentence makes the page flicker.
  return words === undefined ? "\u00a0" : (words ?? plan.schedule.cron);
}
