import { describe, expect, it } from "vitest";
import type { AgentLimits } from "@/api/types";
import { limitsDraft, limitsSchema, limitsWrite } from "./limits";

const MIB = 1024 ** 2;

const limits: AgentLimits = {
  priority: "idle",
  bytesPerSecond: null,
  hours: [
    { from: 8, until: 18, bytesPerSecond: 1.5 * MIB },
    { from: 22, until: 6, bytesPerSecond: null },
  ],
  timeZone: "Europe/Paris",
};

describe("limits of an agent", () => {
  it("come back from the form as they were", () => {
    const draft = limitsDraft(limits, "UTC");
    expect(draft.hours[0]).toEqual({ from: "8", until: "18", rate: 1.5 });
    expect(limitsWrite(limitsSchema.parse(draft))).toEqual(limits);
  });

  it("begin with the time zone of whoever writes the first hours", () => {
    expect(limitsDraft({ ...limits, hours: [] }, "Asia/Tokyo").timeZone).toBe("Asia/Tokyo");
  });

  it("are refused where the server would refuse them", () => {
    const draft = limitsDraft(limits, "UTC");
    const accepts = (change: object) => limitsSchema.safeParse({ ...draft, ...change }).success;
    expect(accepts({})).toBe(true);
    expect(accepts({ rate: 1 / 16 })).toBe(true);
    expect(accepts({ rate: 0.01 })).toBe(false);
    expect(accepts({ hours: [{ from: "8", until: "8", rate: "" }] })).toBe(false);
    expect(accepts({ hours: Array(25).fill({ from: "8", until: "9", rate: "" }) })).toBe(false);
  });
});
