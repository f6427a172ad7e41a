import { describe, expect, it } from "vitest";
import { pushSample, RATE_SAMPLES_KEPT, type RateSample, ratePath } from "./rate";

describe("the rate graph", () => {
  it("keeps a bounded number of samples, the newest", () => {
    let samples: RateSample[] = [];
    for (let second = 0; second < RATE_SAMPLES_KEPT + 50; second++) {
      samples = pushSample(samples, { atMs: second * 1000, bytesPerSecond: second });
    }
    expect(samples).toHaveLength(RATE_SAMPLES_KEPT);
    expect(samples.at(-1)?.bytesPerSecond).toBe(RATE_SAMPLES_KEPT + 49);
  });

  it("takes progress that is told twice once", () => {
    const once = pushSample([], { atMs: 1000, bytesPerSecond: 5 });
    expect(pushSample(once, { atMs: 1200, bytesPerSecond: 5 })).toHaveLength(1);
  });

  it("draws nothing from one sample or from silence", () => {
    expect(ratePath([{ atMs: 0, bytesPerSecond: 9 }], 100, 50).line).toBe("");
    expect(
      ratePath(
        [
          { atMs: 0, bytesPerSecond: 0 },
          { atMs: 1000, bytesPerSecond: 0 },
        ],
        100,
        50,
      ).line,
    ).toBe("");
  });

  it("spans the box from the oldest to the newest sample and stays in it", () => {
    const { line, peak } = ratePath(
      [
        { atMs: 0, bytesPerSecond: 0 },
        { atMs: 1000, bytesPerSecond: 110 },
        { atMs: 4000, bytesPerSecond: 55 },
      ],
      200,
      110,
    );
    expect(peak).toBe(110);
    expect(line).toBe("M0.0 110.0L50.0 10.0L200.0 60.0");
  });
});
