import {
  Collapse,
  Group,
  Input,
  List,
  NativeSelect,
  NumberInput,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { History } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Retention } from "@/api/types";
import {
  keepsEverything,
  mostKept,
  NO_RETENTION,
  parseWithin,
  RETENTION_PRESETS,
  RETENTION_RULES,
  reachDays,
  reachInWords,
} from "./sentence";
import { useRetentionSentence } from "./useRetentionSentence";

type Choice = keyof typeof RETENTION_PRESETS | "everything" | "own";

function choiceOf(retention: Retention | null): Choice {
  if (keepsEverything(retention)) return "everything";
  for (const [name, preset] of Object.entries(RETENTION_PRESETS)) {
    if (!retention?.within && RETENTION_RULES.every(({ rule }) => preset[rule] === retention?.[rule])) {
      return name as Choice;
    }
  }
  return "own";
}

export function RetentionField({
  value,
  onChange,
  error,
}: {
  value: Retention | null;
  onChange: (retention: Retention | null) => void;
  error?: string | null;
}) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState<Choice>(() => choiceOf(value));
  const sentence = useRetentionSentence(value);
  const choose = (next: Choice) => {
    setChoice(next);
    if (next === "everything") onChange(null);
    else if (next !== "own") onChange(RETENTION_PRESETS[next]);
    else onChange(value ?? RETENTION_PRESETS.standard);
  };
  const retention = value ?? NO_RETENTION;
  const within = retention.within ?? "";
  const withinError = within !== "" && !parseWithin(within) ? t("retention.withinBad") : null;

  return (
    <Stack gap="md">
      <NativeSelect
        label={t("retention.keep")}
        maw={360}
        value={choice}
        onChange={({ currentTarget }) => choose(currentTarget.value as Choice)}
        data={(["everything", "short", "standard", "long", "own"] as const).map((name) => ({
          value: name,
          label: t(`retention.preset.${name}`),
        }))}
      />
      <Collapse expanded={choice === "own"}>
        <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
          {RETENTION_RULES.map(({ rule }) => (
            <NumberInput
              key={rule}
              label={t(`retention.rule.${rule}`)}
              min={0}
              max={9999}
              value={retention[rule]}
              onChange={(count) => typeof count === "number" && onChange({ ...retention, [rule]: count })}
            />
          ))}
          <TextInput
            label={t("retention.rule.within")}
            placeholder="14d"
            value={within}
            error={withinError}
            onChange={({ currentTarget }) => onChange({ ...retention, within: currentTarget.value.trim() || null })}
          />
        </SimpleGrid>
      </Collapse>
      {error && !withinError && <Input.Error>{error}</Input.Error>}
      <Paper p="md" bg="var(--rp-sunken)" aria-live="polite">
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <History size={16} aria-hidden style={{ flex: "none", marginTop: 3 }} />
          <div>
            <Text size="sm" fw={550}>
              {sentence}
            </Text>
            {value && !keepsEverything(value) && mostKept(value) > 0 && (
              <List size="sm" c="dimmed" listStyleType="none" withPadding={false} mt={4}>
                <List.Item>{t("retention.most", { count: mostKept(value) })}</List.Item>
                {reachDays(value) >= 1 && (
                  <List.Item>{t("retention.reach", { time: reachInWords(reachDays(value), t) })}</List.Item>
                )}
              </List>
            )}
          </div>
        </Group>
      </Paper>
    </Stack>
  );
}
