import { Accordion, Alert, Button, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { isStale } from "@/api/errors";
import type { Plan } from "@/api/types";
import { RetentionField } from "@/features/retention/RetentionField";
import { ScheduleField } from "@/features/schedule/ScheduleField";
import { FormFooter } from "@/shared/form/FormFooter";
import { problemOf } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { Page } from "@/shared/Page";
import { Section } from "@/shared/Section";
import { OPTION_FIELDS, OptionsFields } from "./form/OptionsFields";
import { RepositoryField } from "./form/RepositoryField";
import { SourcesFields } from "./form/SourcesFields";
import { type PlanChecked, type PlanDraft, type PlanValues, planSchema, planWrite } from "./form/values";
import { useSavePlan } from "./queries";

const FIELDS = [
  "name",
  "serverId",
  "repositoryId",
  "sources.folders",
  "sources.excludes",
  "schedule",
  "retention",
  ...OPTION_FIELDS,
] as const;

interface PlanEditorProps {
  existing: Plan | null;
  start: PlanDraft;
  /** Somebody else has changed the plan since it was opened here. */
  outdated?: boolean;
  /** Takes the current version in, and what was typed here is gone. */
  onReload?: () => void;
}

export function PlanEditor({ existing, start, outdated = false, onReload }: PlanEditorProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const form = useAppForm<PlanValues, PlanChecked>(planSchema, start);
  const { control, formState } = form;
  const schedule = useController({ control, name: "schedule" });
  const retention = useController({ control, name: "retention" });
  const [fold, setFold] = useState<string | null>(null);
  const save = useSavePlan(existing);
  const back = existing ? `/plans/${existing.id}` : "/plans";
  const submit = form.handleSubmit((values) =>
    save.mutate(planWrite(values), {
      onSuccess: (plan) => void navigate({ to: `/plans/${plan.id}` }),
      onError: (error) => {
        if (!isStale(error)) showServerError(form, error, FIELDS);
      },
    }),
  );
  const hidden = OPTION_FIELDS.some((field) => form.getFieldState(field, formState).error !== undefined);
  useEffect(() => {
    if (hidden) setFold("options");
  }, [hidden]);

  return (
    <Page
      title={existing ? t("plans.edit", { name: existing.name }) : t("plans.create")}
      back={{ to: back, label: existing?.name ?? t("nav.plans") }}
      narrow
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Section title={t("plans.what")} hint={t("plans.form.whatWhy")}>
            <SourcesFields control={control} serverFixed={existing !== null} />
          </Section>
          <Section title={t("plans.where")} hint={t("plans.form.whereWhy")}>
            <RepositoryField control={control} />
          </Section>
          <Section title={t("plans.when")}>
            <ScheduleField
              value={schedule.field.value}
              onChange={schedule.field.onChange}
              error={problemOf(schedule.fieldState.error)}
            />
          </Section>
          <Section title={t("plans.kept")}>
            <RetentionField
              value={retention.field.value}
              onChange={retention.field.onChange}
              error={problemOf(retention.fieldState.error)}
            />
          </Section>
          <Accordion variant="contained" radius="lg" value={fold} onChange={setFold}>
            <Accordion.Item value="options">
              <Accordion.Control>{t("plans.form.options")}</Accordion.Control>
              <Accordion.Panel>
                <OptionsFields control={control} />
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
          {(outdated || isStale(save.error)) && (
            <Alert color="amber" title={t("errors.stale")} role="alert">
              <Text size="sm" mb="xs">
                {t("plans.form.reloadWhy")}
              </Text>
              <Button size="compact-sm" variant="default" onClick={onReload}>
                {t("plans.form.reload")}
              </Button>
            </Alert>
          )}
        </Stack>
        <FormFooter
          form={form}
          submit={existing ? t("common.save") : t("plans.create")}
          pending={save.isPending}
          onCancel={() => void navigate({ to: back })}
        >
          {formState.isSubmitted && !formState.isValid && (
            <Text size="sm" c="var(--rp-failed)" role="alert">
              {t("plans.form.incomplete")}
            </Text>
          )}
        </FormFooter>
      </form>
    </Page>
  );
}
