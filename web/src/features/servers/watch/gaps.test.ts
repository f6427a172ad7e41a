import { expect, test } from "vitest";
import { withGaps } from "./gaps";

test("a line ends where nobody looked, and goes on where somebody did again", () => {
  const minute = 60_000;
  const points = [0, 15, 31, 120, 135].map((at) => [at * minute, at] as const);
  expect(withGaps(points, 900)).toEqual([
    [0, 0],
    [15 * minute, 15],
    [31 * minute, 31],
    [46 * minute, null],
    [120 * minute, 120],
    [135 * minute, 135],
  ]);
  expect(withGaps([], 900)).toEqual([]);
});
