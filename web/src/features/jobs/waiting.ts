/** What a queued job waits for, as the server names it. */
const REASONS = ["global", "server", "repository", "retry", "agent"] as const;

export type WaitReason = (typeof REASONS)[number];

/** Whether there is a sentence for it: a newer server may know more reasons. */
export function isWaitReason(text: string | null | undefined): text is WaitReason {
  return REASONS.some((reason) => reason === text);
}
