import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RunState, StripDay } from "@/api/types";
import { useFormat } from "@/shared/format";
import classes from "./PlanStrip.module.css";

/**
 * One cell for each day, oldest first. A cell's state is told by its height and its pattern too, not by its colour alone:
 * full for success, two thirds with a gap for a warning, full with a cross line for a failure, a hollow frame for a missed run.
 */
export function PlanStrip({ days, name }: { days: StripDay[]; name: string }) {
  const { t } = useTranslation();
  const { date } = useFormat();
  const told = summary(days)
    .map(([state, count]) => t("plans.strip.count", { state: t(`runState.${state}`), count }))
    .join(", ");
  return (
    <div
      className={classes.strip}
      role="img"
      aria-label={t("plans.strip.label", { name, days: days.length, told: told || t("plans.strip.nothing") })}
    >
      {days.map((day) => (
        <Tooltip
          key={day.date}
          label={`${date(`${day.date}T12:00:00`)} · ${day.state ? t(`runState.${day.state}`) : t("plans.strip.nothing")}`}
          events={{ hover: true, focus: false, touch: true }}
        >
          <span className={classes.day} data-state={day.state ?? "idle"} />
        </Tooltip>
      ))}
    </div>
  );
}

function summary(days: StripDay[]): [RunState, number][] {
  const counts = new Map<RunState, number>();
  for (const day of days) if (day.state) counts.set(day.state, (counts.get(day.state) ?? 0) + 1);
  return [...counts];
}
