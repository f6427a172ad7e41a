import { Alert, List, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job } from "@/api/types";
import { typeset } from "@/i18n/typeset";
import { type Fact, Facts } from "@/shared/Facts";
import { type Format, useFormat } from "@/shared/format";
import { JOB_FACES, TONE_COLOURS } from "@/shared/status";
import { ChangeList } from "./ChangeList";

/** The report of a job that is over: its state in a sentence, why, what to do next, and its figures. */
export function JobResult({ job }: { job: Job }) {
  const { t } = useTranslation();
  const face = JOB_FACES[job.state];
  return (
    <Stack gap="md">
      <Alert
        color={TONE_COLOURS[face.tone]}
        icon={<face.icon size={20} aria-hidden />}
        title={job.message == null ? t(`jobState.${job.state}`) : typeset(job.message)}
      >
        {job.hint && (
          <Text size="sm" fw={600}>
            {t("runs.next")} {typeset(job.hint)}
          </Text>
        )}
      </Alert>
      <JobFigures job={job} />
    </Stack>
  );
}

/** What a job counted, and what did not work. */
export function JobFigures({ job }: { job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts = factsOf(job.result, format, (key) =>
    t(`result.${key}` as "result.files", { defaultValue: spoken(key) }),
  );
  const problems = problemsOf(job.result);
  return (
    <>
      {facts.length > 0 && <Facts facts={facts} columns={4} />}
      <ChangeList result={job.result} />
      {problems.length > 0 && (
        <div>
          <Text fw={600} size="sm">
            {t("jobs.problems")}
          </Text>
          <List size="sm" mt={4}>
            {problems.slice(0, 50).map((problem, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a finished list of sentences does not move
              <List.Item key={at} style={{ overflowWrap: "anywhere" }}>
                {problem}
              </List.Item>
            ))}
          </List>
          {problems.length > 50 && (
            <Text size="sm" c="dimmed">
              {t("jobs.moreProblems", { count: problems.length - 50 })}
            </Text>
          )}
        </div>
      )}
    </>
  );
}

/** The figures of all kinds of job, in the order in which they are read: what it was about, what was done, what is wrong. */
const ORDER = [
  ...["target", "files", "directories", "totalBytes", "writtenBytes"],
  ...["created", "replaced", "updated", "described", "deleted", "unchanged", "kept", "verified", "problemCount"],
  ...["snapshots", "packs", "packsRead", "bytesRead", "damages"],
  ...["bytesFreed", "packsRemoved", "packsRepacked", "packsKept", "bytesRepacked"],
  ...["blobsUsed", "bytesUsed", "blobsUnused", "bytesUnused", "bytesDuplicate"],
  ...["added", "removed", "usedBytes", "freeBytes", "capacityBytes"],
];

/** What the server adds comes behind what is known here. */
function placeOf(figure: string): number {
  const place = ORDER.indexOf(figure);
  return place === -1 ? ORDER.length : place;
}

/** A result's shape depends on the kind of job: its numbers, words and yes-or-no are shown by their names. */
function factsOf(result: unknown, format: Format, nameOf: (key: string) => string): Fact[] {
  if (typeof result !== "object" || result === null) return [];
  const inOrder = Object.entries(result).sort(([a], [b]) => placeOf(a) - placeOf(b));
  return inOrder.flatMap(([key, value]): Fact[] => {
    // An agent's job shows its steps itself, and its log the long name of its program.
    if (key === "step" || key === "left" || key === "sha256") return [];
    if (typeof value === "number") {
      const shown = /^bytes|Bytes$/.test(key)
        ? format.bytes(value)
        : key.endsWith("Ms")
          ? format.duration(value / 1000)
          : key.endsWith("Seconds")
            ? format.duration(value)
            : format.number(value);
      return key.endsWith("Id") ? [] : [{ label: nameOf(key), value: shown }];
    }
    if (typeof value === "string" && value !== "") return [{ label: nameOf(key), value }];
    return [];
  });
}

function problemsOf(result: unknown): string[] {
  if (typeof result !== "object" || result === null) return [];
  const list: unknown =
    Reflect.get(result, "problems") ?? Reflect.get(result, "errors") ?? Reflect.get(result, "findings");
  if (!Array.isArray(list)) return [];
  return list.map((problem: unknown) => {
    if (typeof problem === "string") return problem;
    if (typeof problem === "object" && problem !== null) {
      return Object.values(problem)
        .filter((part) => typeof part === "string" || typeof part === "number")
        .join(" · ");
    }
    return String(problem);
  });
}

/** `packsRead` → `packs read`: what the server adds is shown before it has a word here. */
function spoken(key: string): string {
  return key.replace(/([A-Z])/g, " $1").toLowerCase();
}
