import { ActionIcon, Button, Group, Stack, Text } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { useFieldArray } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { Agent, Server } from "@/api/types";
import { browserTimeZone, timeZones } from "@/features/schedule/zone";
import { FormFooter } from "@/shared/form/FormFooter";
import { NativeSelectField, NumberField, SelectField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { useSaveServer } from "./changes";
import { limitsDraft, limitsSchema, limitsWrite } from "./limits";

const hours = (first: number) =>
  Array.from({ length: 24 }, (_, hour) => ({
    value: String(first + hour),
    label: `${String(first + hour).padStart(2, "0")}:00`,
  }));
const FROM = hours(0);
const UNTIL = hours(1);
const NEW_HOURS = { from: "8", until: "18", rate: 2 };

interface LimitsFormProps {
  server: Server;
  agent: Agent;
  onClose: () => void;
}

/** What the work of a machine's agent may take of it and of the network. */
export function LimitsForm({ server, agent, onClose }: LimitsFormProps) {
  const { t } = useTranslation();
  const save = useSaveServer(server);
  const form = useAppForm(limitsSchema, limitsDraft(agent.limits, browserTimeZone()));
  const { control } = form;
  const rows = useFieldArray({ control, name: "hours" });
  const submit = form.handleSubmit((limits) =>
    save.mutate(
      { name: server.name, address: server.address ?? null, labels: server.labels, limits: limitsWrite(limits) },
      { onSuccess: onClose, onError: (error) => showServerError(form, error, []) },
    ),
  );
  const rate = { suffix: ` ${t("servers.limits.unit")}`, placeholder: t("servers.limits.free"), min: 0 };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <NativeSelectField
          control={control}
          name="priority"
          label={t("servers.limits.priority")}
          description={t("servers.limits.priorityWhy")}
          data={limitsSchema.shape.priority.options.map((value) => ({
            value,
            label: t(`servers.limits.priorities.${value}`),
          }))}
        />
        <NumberField
          control={control}
          name="rate"
          label={t("servers.limits.rate")}
          description={t("servers.limits.rateWhy")}
          {...rate}
        />
        <div>
          <Text fw={500} size="sm">
            {t("servers.limits.hours")}
          </Text>
          <Text size="xs" c="dimmed">
            {t("servers.limits.hoursWhy")}
          </Text>
        </div>
        {rows.fields.map((row, at) => (
          <Group key={row.id} gap="sm" align="flex-start" wrap="wrap">
            <NativeSelectField
              control={control}
              name={`hours.${at}.from`}
              label={t("servers.limits.from")}
              data={FROM}
              miw={96}
            />
            <NativeSelectField
              control={control}
              name={`hours.${at}.until`}
              label={t("servers.limits.until")}
              data={UNTIL}
              miw={96}
            />
            <NumberField
              control={control}
              name={`hours.${at}.rate`}
              label={t("servers.limits.rate")}
              flex="1 1 140px"
              {...rate}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              mt={24}
              aria-label={t("servers.limits.remove", { number: at + 1 })}
              onClick={() => rows.remove(at)}
            >
              <Trash2 size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Group>
          <Button
            variant="default"
            leftSection={<Plus size={16} aria-hidden />}
            disabled={rows.fields.length >= 24}
            onClick={() => rows.append(NEW_HOURS)}
          >
            {t("servers.limits.add")}
          </Button>
        </Group>
        {rows.fields.length > 0 && (
          <SelectField
            control={control}
            name="timeZone"
            label={t("schedule.timeZone")}
            description={t("servers.limits.zoneWhy")}
            searchable
            limit={60}
            data={timeZones()}
            nothingFoundMessage={t("list.nothingFound")}
          />
        )}
      </Stack>
      <FormFooter form={form} submit={t("common.save")} pending={save.isPending} onCancel={onClose} />
    </form>
  );
}
