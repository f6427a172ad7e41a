/** What each state looks like. Exhaustive by type: a new state of the server does not compile before it has a face. */
import {
  AlertTriangle,
  Ban,
  CalendarX,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  CircleX,
  Clock,
  Hourglass,
  Loader,
  Lock,
  type LucideIcon,
  PlugZap,
  PowerOff,
  ShieldCheck,
  ShieldQuestion,
  TimerOff,
} from "lucide-react";
import type { Connection, JobState, PoolState, Protection, RunState, Severity, WorkerState } from "@/api/types";

export type Tone = "ok" | "warning" | "failed" | "running" | "overdue" | "idle";

/** The theme's colour for what is as large as an alert. */
export const TONE_COLOURS: Record<Tone, string> = {
  ok: "moss",
  warning: "amber",
  failed: "brick",
  running: "sky",
  overdue: "plum",
  idle: "stone",
};

export interface Face {
  tone: Tone;
  icon: LucideIcon;
}

export const RUN_FACES: Record<RunState, Face> = {
  queued: { tone: "idle", icon: Clock },
  running: { tone: "running", icon: Loader },
  succeeded: { tone: "ok", icon: CircleCheck },
  warning: { tone: "warning", icon: AlertTriangle },
  failed: { tone: "failed", icon: CircleX },
  canceled: { tone: "idle", icon: Ban },
  missed: { tone: "overdue", icon: CalendarX },
};

export const JOB_FACES: Record<JobState, Face> = {
  queued: { tone: "idle", icon: Clock },
  leased: { tone: "running", icon: Hourglass },
  running: { tone: "running", icon: Loader },
  succeeded: { tone: "ok", icon: CircleCheck },
  warning: { tone: "warning", icon: AlertTriangle },
  failed: { tone: "failed", icon: CircleX },
  canceled: { tone: "idle", icon: Ban },
};

export const PROTECTION_FACES: Record<Protection, Face> = {
  protected: { tone: "ok", icon: ShieldCheck },
  warning: { tone: "warning", icon: AlertTriangle },
  failed: { tone: "failed", icon: CircleX },
  overdue: { tone: "overdue", icon: TimerOff },
  never: { tone: "idle", icon: ShieldQuestion },
  paused: { tone: "idle", icon: CirclePause },
};

/** From the worst to the best, as the server ranks them. */
export const WORST_FIRST: readonly Protection[] = ["failed", "overdue", "never", "warning", "protected", "paused"];

export const POOL_FACES: Record<PoolState, Face> = {
  unknown: { tone: "idle", icon: CircleHelp },
  reachable: { tone: "ok", icon: CircleCheck },
  readOnly: { tone: "warning", icon: Lock },
  unreachable: { tone: "failed", icon: PlugZap },
};

export const CONNECTION_FACES: Record<Connection, Face> = {
  online: { tone: "ok", icon: CircleCheck },
  offline: { tone: "failed", icon: PlugZap },
  neverSeen: { tone: "idle", icon: CircleDashed },
};

export const WORKER_FACES: Record<WorkerState, Face> = {
  starting: { tone: "running", icon: Hourglass },
  idle: { tone: "ok", icon: CircleCheck },
  busy: { tone: "running", icon: Loader },
  stopping: { tone: "warning", icon: Hourglass },
  stopped: { tone: "idle", icon: PowerOff },
  lost: { tone: "failed", icon: PlugZap },
};

export const SEVERITY_FACES: Record<Severity, Face> = {
  info: { tone: "running", icon: CircleHelp },
  warning: { tone: "warning", icon: AlertTriangle },
  critical: { tone: "failed", icon: CircleX },
};
