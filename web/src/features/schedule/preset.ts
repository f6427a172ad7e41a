/** What most people mean by a schedule, and the cron expression that says it. What no preset says stays as it was typed. */
export type SchedulePreset =
  | { kind: "hours"; every: number; minute: number }
  | { kind: "daily"; hour: number; minute: number }
  | { kind: "weekly"; days: number[]; hour: number; minute: number }
  | { kind: "monthly"; day: number; hour: number; minute: number }
  | { kind: "custom"; cron: string };

export type PresetKind = SchedulePreset["kind"];

/** The divisors of a day: with others the last gap of the day would be shorter. */
export const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12] as const;

const NUMBER = /^\d{1,2}$/;

export function presetToCron(preset: SchedulePreset): string {
  switch (preset.kind) {
    case "hours":
      return `${preset.minute} ${preset.every === 1 ? "*" : `*/${preset.every}`} * * *`;
    case "daily":
      return `${preset.minute} ${preset.hour} * * *`;
    case "weekly":
      return `${preset.minute} ${preset.hour} * * ${[...preset.days].sort((a, b) => a - b).join(",")}`;
    case "monthly":
      return `${preset.minute} ${preset.hour} ${preset.day} * *`;
    case "custom":
      return preset.cron;
  }
}

export function cronToPreset(cron: string): SchedulePreset {
  const custom: SchedulePreset = { kind: "custom", cron };
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return custom;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  if (!NUMBER.test(minute) || month !== "*") return custom;
  const at = { hour: Number(hour), minute: Number(minute) };

  if (day === "*" && weekday === "*") {
    if (hour === "*") return { kind: "hours", every: 1, minute: at.minute };
    const step = /^\*\/(\d{1,2})$/.exec(hour);
    if (step && HOUR_STEPS.some((hours) => hours === Number(step[1]))) {
      return { kind: "hours", every: Number(step[1]), minute: at.minute };
    }
  }
  if (!NUMBER.test(hour)) return custom;
  if (day === "*" && weekday === "*") return { kind: "daily", ...at };
  if (day === "*") {
    const days = weekdays(weekday);
    return days ? { kind: "weekly", days, ...at } : custom;
  }
  if (weekday === "*" && NUMBER.test(day)) return { kind: "monthly", day: Number(day), ...at };
  return custom;
}

/** `1-5`, `0,6`, `2`: Sunday is 0 or 7. */
function weekdays(field: string): number[] | null {
  const days = new Set<number>();
  for (const part of field.split(",")) {
    const range = /^([0-7])(?:-([0-7]))?$/.exec(part);
    if (!range) return null;
    const first = Number(range[1]);
    const last = range[2] === undefined ? first : Number(range[2]);
    if (last < first) return null;
    for (let day = first; day <= last; day++) days.add(day % 7);
  }
  return [...days].sort((a, b) => a - b);
}

/** The preset a person gets on choosing another kind: the time of day is kept where both have one. */
export function switchPreset(from: SchedulePreset, kind: PresetKind): SchedulePreset {
  const hour = "hour" in from ? from.hour : 2;
  const minute = "minute" in from ? from.minute : 30;
  switch (kind) {
    case "hours":
      return { kind, every: 4, minute: 0 };
    case "daily":
      return { kind, hour, minute };
    case "weekly":
      return { kind, days: [1, 2, 3, 4, 5], hour, minute };
    case "monthly":
      return { kind, day: 1, hour, minute };
    case "custom":
      return { kind, cron: presetToCron(from) };
  }
}
