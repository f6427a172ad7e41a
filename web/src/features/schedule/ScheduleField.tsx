import { Chip, Fieldset, Group, NativeSelect, NumberInput, Paper, Select, Stack, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Missed, Schedule } from "@/api/types";
import { currentLanguage } from "@/i18n/i18n";
import { NextRuns } from "./NextRuns";
import { cronToPreset, HOUR_STEPS, type PresetKind, presetToCron, type SchedulePreset, switchPreset } from "./preset";
import { browserTimeZone, timeZones } from "./zone";

const KINDS: PresetKind[] = ["hours", "daily", "weekly", "monthly", "custom"];
/** Monday first, as most of the world writes a week. */
const WEEK = [1, 2, 3, 4, 5, 6, 0] as const;
const MANUAL = "manual";

export function ScheduleField({
  value,
  onChange,
  error,
}: {
  value: Schedule | null;
  onChange: (schedule: Schedule | null) => void;
  error?: string | null;
}) {
  const { t } = useTranslation();
  // A daily time that was typed as cron stays in the cron field: what is shown follows the choice, not the expression.
  const [preset, setPreset] = useState<SchedulePreset>(() => cronToPreset(value?.cron ?? "30 2 * * *"));
  const change = (next: SchedulePreset) => {
    setPreset(next);
    onChange({
      cron: presetToCron(next),
      timeZone: value?.timeZone ?? browserTimeZone(),
      missed: value?.missed ?? "catchUp",
    });
  };

  return (
    <Stack gap="md">
      <Group align="flex-end" gap="sm">
        <NativeSelect
          label={t("schedule.when")}
          value={value ? preset.kind : MANUAL}
          onChange={({ currentTarget }) => {
            if (currentTarget.value === MANUAL) onChange(null);
            else change(switchPreset(preset, currentTarget.value as PresetKind));
          }}
          data={[
            ...KINDS.map((kind) => ({ value: kind, label: t(`schedule.kind.${kind}`) })),
            { value: MANUAL, label: t("schedule.kind.manual") },
          ]}
        />
        {value && <PresetInputs preset={preset} onChange={change} error={error} />}
      </Group>
      {value && (
        <>
          <Group grow align="flex-start" gap="sm" preventGrowOverflow={false}>
            <Select
              label={t("schedule.timeZone")}
              description={t("schedule.timeZoneWhy")}
              searchable
              allowDeselect={false}
              limit={60}
              miw={220}
              data={timeZones()}
              value={value.timeZone}
              onChange={(timeZone) => timeZone && onChange({ ...value, timeZone })}
              nothingFoundMessage={t("list.nothingFound")}
            />
            <NativeSelect
              label={t("schedule.missed")}
              description={t(`schedule.missedWhy.${value.missed}`)}
              miw={220}
              value={value.missed}
              onChange={({ currentTarget }) => onChange({ ...value, missed: currentTarget.value as Missed })}
              data={(["catchUp", "report"] as const).map((missed) => ({
                value: missed,
                label: t(`schedule.missedKind.${missed}`),
              }))}
            />
          </Group>
          <Paper p="md" bg="var(--rp-sunken)">
            <NextRuns cron={value.cron} timeZone={value.timeZone} />
          </Paper>
        </>
      )}
    </Stack>
  );
}

function PresetInputs({
  preset,
  onChange,
  error,
}: {
  preset: SchedulePreset;
  onChange: (preset: SchedulePreset) => void;
  error?: string | null;
}) {
  const { t } = useTranslation();
  const id = useId();
  if (preset.kind === "custom") {
    return (
      <TextInput
        label={t("schedule.cron")}
        placeholder="30 2 * * *"
        ff="monospace"
        value={preset.cron}
        error={error}
        spellCheck={false}
        autoComplete="off"
        onChange={({ currentTarget }) => onChange({ kind: "custom", cron: currentTarget.value })}
      />
    );
  }
  if (preset.kind === "hours") {
    return (
      <>
        <NativeSelect
          label={t("schedule.every")}
          value={String(preset.every)}
          onChange={({ currentTarget }) => onChange({ ...preset, every: Number(currentTarget.value) })}
          data={HOUR_STEPS.map((hours) => ({ value: String(hours), label: t("schedule.hours", { count: hours }) }))}
        />
        <NumberInput
          label={t("schedule.minute")}
          min={0}
          max={59}
          w={110}
          value={preset.minute}
          onChange={(minute) => typeof minute === "number" && onChange({ ...preset, minute })}
        />
      </>
    );
  }
  const time = `${String(preset.hour).padStart(2, "0")}:${String(preset.minute).padStart(2, "0")}`;
  return (
    <>
      {preset.kind === "monthly" && (
        <NumberInput
          label={t("schedule.day")}
          min={1}
          max={28}
          w={130}
          value={preset.day}
          onChange={(day) => typeof day === "number" && onChange({ ...preset, day })}
        />
      )}
      <TextInput
        type="time"
        label={t("schedule.time")}
        w={130}
        value={time}
        onChange={({ currentTarget }) => {
          const [hour, minute] = currentTarget.value.split(":").map(Number);
          if (hour !== undefined && minute !== undefined) onChange({ ...preset, hour, minute });
        }}
      />
      {preset.kind === "weekly" && (
        <Fieldset legend={t("schedule.days")} variant="unstyled" id={id}>
          <Chip.Group
            multiple
            value={preset.days.map(String)}
            // The last day cannot be taken away: a week without a day never fires.
            onChange={(days) => days.length > 0 && onChange({ ...preset, days: days.map(Number) })}
          >
            <Group gap={6}>
              {WEEK.map((day) => (
                <Chip key={day} value={String(day)} size="sm">
                  {weekdayName(day)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </Fieldset>
      )}
    </>
  );
}

/** 1 November 2026 is a Sunday. */
function weekdayName(day: number): string {
  return new Intl.DateTimeFormat(currentLanguage(), { weekday: "short", timeZone: "UTC" }).format(
    Date.UTC(2026, 10, 1 + day),
  );
}
