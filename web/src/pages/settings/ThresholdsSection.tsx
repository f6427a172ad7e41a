import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask, ifMatch } from "@/api/client";
import { isStale } from "@/api/errors";
import type { DefaultThresholds, Thresholds } from "@/api/types";
import { THRESHOLD_NAMES, ThresholdFields, thresholdSchema } from "@/features/servers/watch/ThresholdFields";
import { FormFooter } from "@/shared/form/FormFooter";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showError, showSuccess } from "@/shared/notify";
import { Section } from "@/shared/Section";

const KEY = ["settings", "thresholds"];

/** From where on the figures of machines raise alerts. */
export function ThresholdsSection() {
  const thresholds = useQuery({ queryKey: KEY, queryFn: () => ask(api.GET("/api/settings/thresholds")) });
  // A new version, ours or somebody else's, fills the form anew.
  return thresholds.data ? <ThresholdsForm key={thresholds.data.version} seen={thresholds.data} /> : null;
}

function ThresholdsForm({ seen }: { seen: DefaultThresholds }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useAppForm(thresholdSchema, seen.thresholds);
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (body: Thresholds) =>
      ask(api.PUT("/api/settings/thresholds", { params: { header: ifMatch(seen) }, body })),
    onSuccess: async () => {
      showSuccess(t("common.saved"));
      await client.invalidateQueries({ queryKey: KEY });
    },
    onError: async (error) => {
      if (isStale(error)) {
        showError(error);
        await client.invalidateQueries({ queryKey: KEY });
      } else showServerError(form, error, THRESHOLD_NAMES);
    },
  });
  const submit = form.handleSubmit((values) => save.mutate(values));
  return (
    <Section title={t("thresholds.title")} hint={t("thresholds.hint")}>
      <form onSubmit={submit} noValidate>
        <ThresholdFields control={form.control} />
        <FormFooter form={form} submit={t("common.save")} pending={save.isPending} />
      </form>
    </Section>
  );
}
