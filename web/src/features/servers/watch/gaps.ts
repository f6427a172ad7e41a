/** A step may be late by as much before its absence is a gap. */
const PATIENCE = 2.5;

/**
 * Puts a point without a value wherever more than a step is missing, so that no line is drawn over a time in which nobody
 * looked.
 */
export function withGaps(
  points: readonly (readonly [number, number | null])[],
  stepSeconds: number,
): (readonly [number, number | null])[] {
  const step = stepSeconds * 1000;
  return points.flatMap((point, at) => {
    const before = points[at - 1];
    const gap = before !== undefined && point[0] - before[0] > PATIENCE * step;
    return gap ? [[before[0] + step, null] as const, point] : [point];
  });
}
