import { Progress, Stepper, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNarrow } from "./useNarrow";

interface StepsProps {
  /** What each step is called. */
  names: readonly string[];
  /** The one that is shown, from 0. */
  step: number;
  /** Goes back to an earlier step; without it only the page's own buttons do. */
  onStep?: (step: number) => void;
  /** The first step that can be gone back to. */
  from?: number;
}

/** Where one is on a way of several steps; on a phone in a line, as labels beside each other do not fit there. */
export function Steps({ names, step, onStep, from = 0 }: StepsProps) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  if (narrow) {
    return (
      <div>
        <Text size="sm" fw={600} mb={6}>
          {t("steps.position", { step: step + 1, steps: names.length, name: names[step] ?? "" })}
        </Text>
        <Progress value={((step + 1) / names.length) * 100} size="sm" aria-hidden />
      </div>
    );
  }
  return (
    <Stepper active={step} size="sm" onStepClick={onStep} allowNextStepsSelect={false}>
      {names.map((name, at) => (
        <Stepper.Step key={name} label={name} allowStepSelect={onStep !== undefined && at >= from && at < step} />
      ))}
    </Stepper>
  );
}
