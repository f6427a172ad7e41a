import { describe, expect, it } from "vitest";
import { cronToPreset, presetToCron, type SchedulePreset, switchPreset } from "./preset";

const SAID_BY_A_PRESET: [string, SchedulePreset][] = [
  ["0 * * * *", { kind: "hours", every: 1, minute: 0 }],
  ["15 */4 * * *", { kind: "hours", every: 4, minute: 15 }],
  ["30 2 * * *", { kind: "daily", hour: 2, minute: 30 }],
  ["0 6 * * 1,2,3,4,5", { kind: "weekly", days: [1, 2, 3, 4, 5], hour: 6, minute: 0 }],
  ["5 23 28 * *", { kind: "monthly", day: 28, hour: 23, minute: 5 }],
];

describe("a preset and its cron expression", () => {
  it.each(SAID_BY_A_PRESET)("%s is read, and written back as it was", (cron, preset) => {
    expect(cronToPreset(cron)).toEqual(preset);
    expect(presetToCron(preset)).toBe(cron);
  });

  it.each([
    ["0 0 6 * * *", "seconds in front"],
    ["*/5 * * * *", "several times an hour"],
    ["0 */5 * * *", "a step that does not divide the day"],
    ["0 2 1 * 1", "a day of the month and of the week"],
    ["0 2 * 3 *", "one month"],
    ["0 2 L * *", "the last day"],
    ["", "nothing"],
  ])("%s stays as it was typed: %s", (cron) => {
    expect(cronToPreset(cron)).toEqual({ kind: "custom", cron });
  });

  it("reads ranges of days, and Sunday as 0 or 7", () => {
    expect(cronToPreset("0 6 * * 1-5")).toMatchObject({ days: [1, 2, 3, 4, 5] });
    expect(cronToPreset("0 6 * * 6,7")).toMatchObject({ days: [0, 6] });
  });

  it("keeps the time of day when another kind is chosen", () => {
    const weekly = switchPreset({ kind: "daily", hour: 4, minute: 10 }, "weekly");
    expect(weekly).toMatchObject({ kind: "weekly", hour: 4, minute: 10 });
    expect(switchPreset(weekly, "custom")).toEqual({ kind: "custom", cron: "10 4 * * 1,2,3,4,5" });
  });
});
