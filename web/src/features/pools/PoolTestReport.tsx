import { Alert, Button, Code, Group, Loader, Stack, Text } from "@mantine/core";
import { CircleCheck, CircleDashed, CircleX, KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { PoolTest } from "@/api/types";
import { Refusal } from "@/features/Refusal";
import { typeset } from "@/i18n/typeset";
import { useFormat } from "@/shared/format";
import classes from "./PoolTestReport.module.css";
import { TEST_STEPS } from "./place";

interface PoolTestReportProps {
  running: boolean;
  result: PoolTest | null;
  error: Error | null;
}

/** What a test did at the place, step by step; a step that failed says why, and what to do. */
export function PoolTestReport({ running, result, error }: PoolTestReportProps) {
  const { t } = useTranslation();
  const { number } = useFormat();
  if (error) return <Refusal error={error} />;
  if (!running && !result) return null;
  const steps = result?.steps.map((step) => step.step) ?? [...TEST_STEPS];
  return (
    <Stack gap={0} component="ol" className={classes.steps} aria-live="polite" aria-label={t("pools.test.steps")}>
      {steps.map((name) => {
        const step = result?.steps.find((other) => other.step === name);
        return (
          <li key={name} className={classes.step} data-outcome={step ? (step.ok ? "ok" : "failed") : "waiting"}>
            <span className={classes.icon}>
              {running ? (
                <Loader size={16} aria-hidden />
              ) : step?.ok ? (
                <CircleCheck size={18} aria-hidden />
              ) : step ? (
                <CircleX size={18} aria-hidden />
              ) : (
                <CircleDashed size={18} aria-hidden />
              )}
            </span>
            <div>
              <Text size="sm" fw={550}>
                {t(`pools.test.step.${name as (typeof TEST_STEPS)[number]}`, { defaultValue: name })}
                {step && !running && (
                  <Text span size="xs" c="dimmed" fw={400}>
                    {" "}
                    · {step.ok ? t("pools.test.took", { ms: number(step.durationMs) }) : t("pools.test.failed")}
                  </Text>
                )}
              </Text>
              {step && !step.ok && !running && (
                <>
                  <Text size="sm">{step.message && typeset(step.message)}</Text>
                  {step.hint && (
                    <Text size="sm" fw={550}>
                      {typeset(step.hint)}
                    </Text>
                  )}
                </>
              )}
            </div>
          </li>
        );
      })}
    </Stack>
  );
}

interface HostKeyConfirmProps {
  host: string;
  fingerprint: string;
  onConfirm: () => void;
}

/** The first time, only a person can say whether this is the right machine. */
export function HostKeyConfirm({ host, fingerprint, onConfirm }: HostKeyConfirmProps) {
  const { t } = useTranslation();
  return (
    <Alert color="amber" icon={<KeyRound size={18} aria-hidden />} title={t("pools.hostKey.title", { host })}>
      <Stack gap="xs">
        <Text size="sm">{t("pools.hostKey.why")}</Text>
        <Code block>{fingerprint}</Code>
        <Text size="sm">{t("pools.hostKey.how")}</Text>
        <Code block>{"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"}</Code>
        <Group>
          <Button onClick={onConfirm}>{t("pools.hostKey.confirm")}</Button>
        </Group>
      </Stack>
    </Alert>
  );
}
