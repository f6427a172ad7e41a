import { Alert, Button, Group, Stack } from "@mantine/core";
import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Pool } from "@/api/types";
import { Refusal } from "@/features/Refusal";
import { ActionButton } from "@/shared/permission";
import { HostKeyConfirm, PoolTestReport } from "../PoolTestReport";
import { useSavePool, type useTestPool } from "../queries";
import type { PoolChecked } from "./values";

interface TestStepProps {
  pool: PoolChecked;
  existing?: Pool;
  test: ReturnType<typeof useTestPool>;
  onRetest: () => void;
  onConfirmKey: (fingerprint: string) => void;
  onBack: () => void;
  onSaved: (pool: Pool) => void;
}

export function TestStep({ pool, existing, test, onRetest, onConfirmKey, onBack, onSaved }: TestStepProps) {
  const { t } = useTranslation();
  const save = useSavePool(existing);
  const { place } = pool;
  const result = test.data ?? null;
  const shownKey = result?.hostKeyFingerprint ?? null;
  const unknownKey = place.kind === "sftp" && !place.hostKeyFingerprint ? shownKey : null;
  return (
    <Stack gap="md">
      {place.kind === "sftp" && unknownKey !== null ? (
        <HostKeyConfirm host={place.host} fingerprint={unknownKey} onConfirm={() => onConfirmKey(unknownKey)} />
      ) : (
        <PoolTestReport running={test.isPending} result={result} error={test.error} />
      )}
      {result?.ok && !test.isPending && (
        <Alert
          color="moss"
          icon={<CircleCheck size={18} aria-hidden />}
          title={t(existing ? "pools.test.allGoodSave" : "pools.test.allGood")}
        />
      )}
      <Refusal error={save.error} />
      <Group justify="space-between">
        <Button variant="default" onClick={onBack}>
          {t("common.back")}
        </Button>
        <Group gap="sm">
          {!test.isPending && unknownKey === null && (
            <Button variant={result?.ok ? "default" : "filled"} onClick={onRetest}>
              {t("pools.test.again")}
            </Button>
          )}
          <ActionButton
            loading={save.isPending}
            disabledReason={result?.ok ? null : test.isPending ? t("pools.test.running") : t("pools.test.first")}
            onClick={() => save.mutate(pool, { onSuccess: onSaved })}
          >
            {existing ? t("common.save") : t("pools.add")}
          </ActionButton>
        </Group>
      </Group>
    </Stack>
  );
}
