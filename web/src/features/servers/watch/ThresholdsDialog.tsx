import { Skeleton, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Server, ServerThresholds } from "@/api/types";
import { FormFooter } from "@/shared/form/FormFooter";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showSuccess } from "@/shared/notify";
import { ErrorState } from "@/shared/states";
import { WideDialog } from "@/shared/WideDialog";
import { thresholdsQuery, useSaveServerThresholds } from "./queries";
import { THRESHOLD_NAMES, ThresholdFields, thresholdSchema } from "./ThresholdFields";

interface ThresholdsDialogProps {
  server: Server;
  opened: boolean;
  onClose: () => void;
}

/** From where on this machine's figures raise alerts: as everywhere, or its own. */
export function ThresholdsDialog({ server, opened, onClose }: ThresholdsDialogProps) {
  const { t } = useTranslation();
  return (
    <WideDialog opened={opened} onClose={onClose} title={t("thresholds.of", { name: server.name })}>
      <Loaded server={server} onClose={onClose} />
    </WideDialog>
  );
}

function Loaded({ server, onClose }: Omit<ThresholdsDialogProps, "opened">) {
  const thresholds = useQuery(thresholdsQuery(server.id));
  if (thresholds.isError) return <ErrorState error={thresholds.error} onRetry={() => void thresholds.refetch()} />;
  if (!thresholds.data) return <Skeleton height={200} aria-hidden />;
  return <ThresholdsForm server={server} seen={thresholds.data} onClose={onClose} />;
}

function ThresholdsForm({ server, seen, onClose }: { server: Server; seen: ServerThresholds; onClose: () => void }) {
  const { t } = useTranslation();
  const [own, setOwn] = useState(seen.own != null);
  const form = useAppForm(thresholdSchema, seen.own ?? seen.defaults);
  const save = useSaveServerThresholds(server.id, seen);
  const submit = form.handleSubmit((values) =>
    save.mutate(own ? values : null, {
      onSuccess: () => {
        showSuccess(t("common.saved"));
        onClose();
      },
      onError: (error) => showServerError(form, error, THRESHOLD_NAMES),
    }),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Switch
        mb="md"
        checked={own}
        onChange={(event) => setOwn(event.currentTarget.checked)}
        label={t("thresholds.own")}
        description={t("thresholds.ownHint")}
      />
      {own && <ThresholdFields control={form.control} />}
      <FormFooter form={form} submit={t("common.save")} pending={save.isPending} onCancel={onClose} />
    </form>
  );
}
