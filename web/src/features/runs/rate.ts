/** The last samples of a rate, and the path that draws them. */
export type RateSample = { atMs: number; bytesPerSecond: number };

/** Five minutes at one sample a second: older ones say nothing about now. */
export const RATE_SAMPLES_KEPT = 300;

export function pushSample(samples: readonly RateSample[], next: RateSample): RateSample[] {
  const last = samples.at(-1);
  // Progress may be told twice: by the event, and by the page that is fetched again.
  if (last && next.atMs - last.atMs < 500) return samples as RateSample[];
  return [...samples, next].slice(-RATE_SAMPLES_KEPT);
}

/** The SVG path of a line over `samples` in a box, newest at the right edge, and the highest rate in it. */
export function ratePath(samples: readonly RateSample[], width: number, height: number) {
  const peak = samples.reduce((most, sample) => Math.max(most, sample.bytesPerSecond), 0);
  if (samples.length < 2 || peak === 0) return { line: "", area: "", peak };
  const first = samples[0] as RateSample;
  const last = samples.at(-1) as RateSample;
  const span = Math.max(1, last.atMs - first.atMs);
  const points = samples.map((sample) => {
    const x = ((sample.atMs - first.atMs) / span) * width;
    // A tenth is left free above the peak, so that the line is not cut by the edge.
    const y = height - (sample.bytesPerSecond / (peak * 1.1)) * height;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${width} ${height}L0 ${height}Z`, peak };
}
