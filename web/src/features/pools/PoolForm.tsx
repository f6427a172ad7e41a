import {
  Alert,
  Button,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Stepper,
  Text,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Pool, PoolKind, PoolPlace } from "@/api/types";
import { serverChoicesQuery } from "@/features/servers/queries";
import { ActionButton } from "@/shared/permission";
import { PlaceFields } from "./PlaceFields";
import classes from "./PoolForm.module.css";
import { HostKeyConfirm, PoolTestReport } from "./PoolTestReport";
import { emptyPlace, missingOf, POOL_KINDS } from "./place";
import { useCreatePool, useTestPool, useUpdatePool } from "./queries";

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
  const narrow = useMediaQuery("(max-width: 48em)");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      fullScreen={narrow}
      title={existing ? t("pools.edit", { name: existing.name }) : t("pools.create")}
      closeOnClickOutside={false}
    >
      {opened && <PoolFormBody onClose={onClose} existing={existing} onSaved={onSaved} />}
    </Modal>
  );
}

type PoolFormBodyProps = Omit<PoolFormProps, "opened">;

/** Also a part of the first steps, where no dialog stands around it. */
export function PoolFormBody({ onClose, existing, onSaved }: PoolFormBodyProps) {
  const { t } = useTranslation();
  const [step, setStep] = useState(existing ? 1 : 0);
  const [place, setPlace] = useState<PoolPlace>(existing?.place ?? emptyPlace("local"));
  const [name, setName] = useState(existing?.name ?? "");
  const server = useQuery(serverChoicesQuery()).data?.items.find((item) => item.local);
  const test = useTestPool();
  const missing = missingOf(place);
  const nameOrDefault = name.trim() || t(`pools.kind.${place.kind}`);

  const change = (next: PoolPlace) => {
    setPlace(next);
    test.reset();
  };
  const runTest = (asked: PoolPlace) => {
    setStep(2);
    // Of a pool that is there, the secrets left empty are its own.
    test.mutate({ place: asked, poolId: existing?.id ?? null });
  };

  return (
    <Stack gap="lg">
      <Stepper
        active={step}
        size="sm"
        onStepClick={(next) => next < step && setStep(next)}
        allowNextStepsSelect={false}
        classNames={{ stepLabel: classes.stepLabel }}
      >
        <Stepper.Step label={t("pools.step.kind")} allowStepSelect={!existing && step > 0} />
        <Stepper.Step label={t("pools.step.place")} />
        <Stepper.Step label={t("pools.step.test")} />
      </Stepper>

      {step === 0 && (
        <KindChoice value={place.kind} onChange={(kind) => change(emptyPlace(kind))} onNext={() => setStep(1)} />
      )}
      {step === 1 && (
        <Stack gap="md">
          <TextInput
            label={t("common.name")}
            placeholder={t(`pools.kind.${place.kind}`)}
            description={t("pools.nameWhy")}
            value={name}
            maxLength={100}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <PlaceFields place={place} onChange={change} stored={Boolean(existing)} localServerId={server?.id ?? null} />
          <Group justify="space-between">
            <Button variant="default" onClick={existing ? onClose : () => setStep(0)}>
              {existing ? t("common.cancel") : t("common.back")}
            </Button>
            <ActionButton
              disabledReason={missing ? t(`pools.missing.${missing}`) : null}
              onClick={() => runTest(place)}
            >
              {t("pools.test.run")}
            </ActionButton>
          </Group>
        </Stack>
      )}
      {step === 2 && (
        <TestStep
          place={place}
          name={nameOrDefault}
          existing={existing}
          test={test}
          onRetest={runTest}
          onConfirmKey={(fingerprint) => {
            if (place.kind !== "sftp") return;
            const confirmed = { ...place, hostKeyFingerprint: fingerprint };
            setPlace(confirmed);
            runTest(confirmed);
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

function KindChoice({
  value,
  onChange,
  onNext,
}: {
  value: PoolKind;
  onChange: (kind: PoolKind) => void;
  onNext: () => void;
}) {
  const { t } = useTranslation();
  const label = useId();
  return (
    <Stack gap="md">
      <Text id={label}>{t("pools.kindQuestion")}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" role="radiogroup" aria-labelledby={label}>
        {POOL_KINDS.map(({ kind, icon: Icon }) => (
          <UnstyledButton
            key={kind}
            role="radio"
            aria-checked={kind === value}
            data-checked={kind === value || undefined}
            className={classes.kind}
            onClick={() => onChange(kind)}
            onDoubleClick={onNext}
          >
            <Icon size={22} aria-hidden />
            <span>
              <Text fw={600} size="sm">
                {t(`pools.kind.${kind}`)}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`pools.kindWhy.${kind}`)}
              </Text>
            </span>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      <Group justify="flex-end">
        <Button onClick={onNext}>{t("common.next")}</Button>
      </Group>
    </Stack>
  );
}

interface TestStepProps {
  place: PoolPlace;
  name: string;
  existing?: Pool;
  test: ReturnType<typeof useTestPool>;
  onRetest: (place: PoolPlace) => void;
  onConfirmKey: (fingerprint: string) => void;
  onBack: () => void;
  onSaved: (pool: Pool) => void;
}

function TestStep({ place, name, existing, test, onRetest, onConfirmKey, onBack, onSaved }: TestStepProps) {
  const { t } = useTranslation();
  const create = useCreatePool();
  const update = useUpdatePool(existing ?? ({ id: 0, version: 0 } as Pool));
  const saving = existing ? update : create;
  const result = test.data ?? null;
  const unknownKey =
    place.kind === "sftp" && !place.hostKeyFingerprint && result?.hostKeyFingerprint ? result.hostKeyFingerprint : null;
  const save = () => {
    const body = { name, place };
    const options = { onSuccess: onSaved };
    if (existing) update.mutate(body, options);
    else create.mutate(body, options);
  };
  return (
    <Stack gap="md">
      {unknownKey ? (
        <HostKeyConfirm
          host={place.kind === "sftp" ? place.host : ""}
          fingerprint={unknownKey}
          onConfirm={() => onConfirmKey(unknownKey)}
        />
      ) : (
        <PoolTestReport running={test.isPending} result={result} error={test.error} />
      )}
      {result?.ok && !test.isPending && (
        <Alert color="moss" icon={<CircleCheck size={18} aria-hidden />} title={t("pools.test.allGood")} />
      )}
      {saving.error && (
        <Alert
          color="brick"
          role="alert"
          icon={<CircleX size={18} aria-hidden />}
          title={saving.error instanceof ApiError ? saving.error.message : t("errors.bug")}
        >
          {saving.error instanceof ApiError ? saving.error.hint : null}
        </Alert>
      )}
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          {t("common.back")}
        </Button>
        <Group gap="sm">
          {!test.isPending && !unknownKey && (
            <Button variant={result?.ok ? "default" : "filled"} onClick={() => onRetest(place)}>
              {t("pools.test.again")}
            </Button>
          )}
          <ActionButton
            loading={saving.isPending}
            disabledReason={result?.ok ? null : test.isPending ? t("pools.test.running") : t("pools.test.first")}
            onClick={save}
          >
            {existing ? t("common.save") : t("pools.add")}
          </ActionButton>
        </Group>
      </Group>
    </Stack>
  );
}
