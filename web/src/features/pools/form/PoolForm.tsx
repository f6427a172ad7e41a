import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { Pool, PoolKind } from "@/api/types";
import { TextField } from "@/shared/form/fields";
import { useAppForm } from "@/shared/form/useAppForm";
import { Steps } from "@/shared/Steps";
import { WideDialog } from "@/shared/WideDialog";
import { useTestPool } from "../queries";
import { KindChoice } from "./KindChoice";
import { PlaceFields } from "./PlaceFields";
import { TestStep } from "./TestStep";
import { emptyPlace, type PoolChecked, poolSchema, poolValues, withKnownHostKey } from "./values";

interface PoolFormProps {
  opened: boolean;
  onClose: () => void;
  /** Changed instead of made. */
  existing?: Pool;
  onSaved?: (pool: Pool) => void;
}

/** A storage pool is kept only after every step of its test was really done at the place. */
export function PoolForm({ opened, onClose, existing, onSaved }: PoolFormProps) {
  const { t } = useTranslation();
  const title = existing ? t("pools.edit", { name: existing.name }) : t("pools.create");
  return (
    <WideDialog opened={opened} onClose={onClose} title={title}>
      <PoolFormBody onClose={onClose} existing={existing} onSaved={onSaved} />
    </WideDialog>
  );
}

type PoolFormBodyProps = Omit<PoolFormProps, "opened">;

/** Also a part of the first steps, where no dialog stands around it. */
export function PoolFormBody({ onClose, existing, onSaved }: PoolFormBodyProps) {
  const { t } = useTranslation();
  const start = poolValues(existing);
  const form = useAppForm(poolSchema, start);
  const kind = useWatch({ control: form.control, name: "place.kind" });
  const [step, setStep] = useState(existing ? 1 : 0);
  /** What was last put to the test: this and nothing else is saved. */
  const [asked, setAsked] = useState<PoolChecked | null>(() =>
    existing ? (poolSchema.safeParse(start).data ?? null) : null,
  );
  const test = useTestPool();

  const choose = (next: PoolKind) => {
    if (next !== kind) form.setValue("place", emptyPlace(next));
  };
  const runTest = (pool: PoolChecked) => {
    setAsked(pool);
    setStep(2);
    // Of a pool that is there, the secrets left empty are its own.
    test.mutate({ place: pool.place, poolId: existing?.id ?? null });
  };
  const submit = form.handleSubmit(({ name, place }) =>
    runTest({ name: name || t(`pools.kind.${place.kind}`), place: withKnownHostKey(place, asked?.place ?? null) }),
  );

  return (
    <Stack gap="lg">
      <Steps
        names={[t("pools.step.kind"), t("pools.step.place"), t("pools.step.test")]}
        step={step}
        onStep={setStep}
        from={existing ? 1 : 0}
      />

      {step === 0 && <KindChoice value={kind} onChange={choose} onNext={() => setStep(1)} />}
      {step === 1 && (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <TextField
              control={form.control}
              name="name"
              label={t("common.name")}
              placeholder={t(`pools.kind.${kind}`)}
              description={t("pools.nameWhy")}
              maxLength={100}
              autoComplete="off"
            />
            <PlaceFields key={kind} kind={kind} control={form.control} stored={existing !== undefined} />
            <Group justify="space-between">
              <Button variant="default" onClick={existing ? onClose : () => setStep(0)}>
                {existing ? t("common.cancel") : t("common.back")}
              </Button>
              <Button type="submit">{t("pools.test.run")}</Button>
            </Group>
          </Stack>
        </form>
      )}
      {step === 2 && asked && (
        <TestStep
          pool={asked}
          existing={existing}
          test={test}
          onRetest={() => runTest(asked)}
          onConfirmKey={(fingerprint) => {
            if (asked.place.kind !== "sftp") return;
            runTest({ ...asked, place: { ...asked.place, hostKeyFingerprint: fingerprint } });
          }}
          onBack={() => setStep(1)}
          onSaved={(pool) => {
            onSaved?.(pool);
            onClose();
          }}
        />
      )}
    </Stack>
  );
}
