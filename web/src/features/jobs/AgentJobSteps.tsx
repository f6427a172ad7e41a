import { Group, Loader, Stack, Text, VisuallyHidden } from "@mantine/core";
import { Circle, CircleCheck, CircleX, Undo2 } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Job, JobKind, JobProgress } from "@/api/types";
import { shareDone } from "@/features/runs/LiveProgress";
import { useFormat } from "@/shared/format";

/** The steps of each kind, in order, by the words that the server tells. */
const STEPS = {
  agentInstall: ["connect", "detect", "upload", "enrol", "start", "call"],
  agentUpgrade: ["connect", "detect", "upload", "start", "call"],
  agentRestart: ["connect", "detect", "restart", "call"],
  agentUninstall: ["connect", "detect", "remove"],
  agentJournal: ["connect", "detect", "journal"],
} as const satisfies Partial<Record<JobKind, readonly string[]>>;

type AgentJobKind = keyof typeof STEPS;
type Step = (typeof STEPS)[AgentJobKind][number];
type StepState = "done" | "now" | "failed" | "ahead";

export function isAgentJob(kind: JobKind): kind is AgentJobKind {
  return kind in STEPS;
}

/** What an agent's job has done, is at, and has before it; also after its end, when it says where it failed. */
export function AgentJobSteps({ job, progress }: { job: Job; progress: JobProgress | null | undefined }) {
  const { t } = useTranslation();
  const { percent } = useFormat();
  const told = isRunning(job) ? (progress?.step ?? null) : wordOf(job.result, "step");
  // While it is taken back, the step that failed is the last that was told before.
  const last = useRef<string | null>(null);
  if (told !== null && told !== "rollBack") last.current = told;
  if (!isAgentJob(job.kind)) return null;
  const steps: readonly Step[] = STEPS[job.kind];
  const words: readonly string[] = steps;
  const at = words.indexOf(last.current ?? "");
  const goesBack = told === "rollBack";
  const stateOf = (place: number): StepState => {
    if (job.state === "succeeded" || place < at) return "done";
    if (place > at) return "ahead";
    return isRunning(job) && !goesBack ? "now" : "failed";
  };
  const left = isRunning(job) ? null : leftOf(job.result);
  const share = progress && told === "upload" ? shareDone(progress.counters) : null;
  return (
    <Stack gap="xs">
      <Stack gap={6} component="ol" style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {steps.map((step, place) => (
          <Line
            key={step}
            state={stateOf(place)}
            name={t(`agentJob.step.${step}`)}
            note={step === "upload" && share !== null ? percent(share) : null}
          />
        ))}
        {goesBack && <Line state="now" name={t("agentJob.step.rollBack")} note={null} />}
      </Stack>
      {left !== null && (
        <Group gap="xs" wrap="nowrap">
          <Undo2 size={16} aria-hidden style={{ flex: "none" }} />
          <Text size="sm">{t(`agentJob.left.${left}`)}</Text>
        </Group>
      )}
    </Stack>
  );
}

function Line({ state, name, note }: { state: StepState; name: string; note: string | null }) {
  const { t } = useTranslation();
  return (
    <Group component="li" gap="sm" wrap="nowrap" aria-current={state === "now" ? "step" : undefined}>
      <Mark state={state} />
      <Text
        size="sm"
        fw={state === "now" || state === "failed" ? 600 : 400}
        c={state === "ahead" ? "dimmed" : undefined}
      >
        {name}
        <VisuallyHidden>{t(`agentJob.state.${state}`)}</VisuallyHidden>
      </Text>
      {note && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </Group>
  );
}

function Mark({ state }: { state: StepState }) {
  const style = { flex: "none" } as const;
  switch (state) {
    case "done":
      return <CircleCheck size={18} aria-hidden style={style} color="var(--rp-ok)" />;
    case "failed":
      return <CircleX size={18} aria-hidden style={style} color="var(--rp-failed)" />;
    case "now":
      return <Loader size={18} aria-hidden style={style} />;
    case "ahead":
      return <Circle size={18} aria-hidden style={style} color="var(--mantine-color-dimmed)" />;
  }
}

function isRunning(job: Job): boolean {
  return job.state === "queued" || job.state === "leased" || job.state === "running";
}

const LEFT = ["untouched", "rolledBack", "unfinished"] as const;

/** What became of the machine, where that is not what was asked for. */
function leftOf(result: unknown): (typeof LEFT)[number] | null {
  const word = wordOf(result, "left");
  return LEFT.find((known) => known === word) ?? null;
}

function wordOf(result: unknown, name: string): string | null {
  if (typeof result !== "object" || result === null) return null;
  const word: unknown = Reflect.get(result, name);
  return typeof word === "string" ? word : null;
}
