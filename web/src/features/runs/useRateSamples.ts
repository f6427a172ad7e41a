import { useEffect, useState } from "react";
import type { JobProgress } from "@/api/types";
import { pushSample, type RateSample } from "./rate";

/** The rates that came with a job's progress while this page was open. */
export function useRateSamples(jobId: number | null | undefined, progress: JobProgress | null): RateSample[] {
  const [kept, setKept] = useState<{ jobId: number | null | undefined; samples: RateSample[] }>({ jobId, samples: [] });
  useEffect(() => {
    if (!progress) return;
    setKept((before) => ({
      jobId,
      samples: pushSample(before.jobId === jobId ? before.samples : [], {
        atMs: Date.now(),
        bytesPerSecond: progress.rateBytesPerSecond,
      }),
    }));
  }, [progress, jobId]);
  return kept.samples;
}
