import { Button, Group, Radio, Stack, Text } from "@mantine/core";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Pool } from "@/api/types";
import { poolSource } from "@/features/pools/queries";
import { ChoiceSelect } from "@/shared/choice/ChoiceSelect";
import { useFormat } from "@/shared/format";
import { PoolStateBadge } from "@/shared/StatusBadge";
import classes from "./PoolChoice.module.css";

interface PoolChoiceProps {
  pools: Pool[];
  value: number | null;
  onChange: (id: number) => void;
  onAdd: () => void;
}

/** More than these do not stand beside each other: they are searched by name. */
const CARDS = 6;

export function PoolChoice({ pools, value, onChange, onAdd }: PoolChoiceProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      {pools.length <= CARDS ? (
        <PoolCards pools={pools} value={value} onChange={onChange} />
      ) : (
        <ChoiceSelect
          source={poolSource}
          label={t("firstSteps.where")}
          description={t("firstSteps.whereWhy")}
          value={value}
          onChange={(id) => id !== null && onChange(id)}
        />
      )}
      <Group>
        <Button variant="default" leftSection={<Plus size={16} aria-hidden />} onClick={onAdd}>
          {t("pools.create")}
        </Button>
      </Group>
    </Stack>
  );
}

function PoolCards({ pools, value, onChange }: Omit<PoolChoiceProps, "onAdd">) {
  const { t } = useTranslation();
  const { bytes } = useFormat();
  return (
    <Radio.Group
      label={t("firstSteps.where")}
      description={t("firstSteps.whereWhy")}
      value={String(value ?? "")}
      onChange={(id) => onChange(Number(id))}
    >
      <Stack gap="xs" mt="sm">
        {pools.map((pool) => (
          <Radio.Card key={pool.id} value={String(pool.id)} className={classes.card} aria-label={pool.name}>
            <Group justify="space-between" gap="xs 1rem">
              <Group wrap="nowrap" gap="md" className={classes.place}>
                <Radio.Indicator />
                <div style={{ minWidth: 0 }}>
                  <Text fw={600} size="sm">
                    {pool.name}
                  </Text>
                  <Text size="xs" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                    {pool.location}
                  </Text>
                  {pool.freeBytes != null && (
                    <Text size="xs" c="dimmed">
                      {t("firstSteps.free", { free: bytes(pool.freeBytes) })}
                    </Text>
                  )}
                </div>
              </Group>
              <PoolStateBadge state={pool.state} />
            </Group>
          </Radio.Card>
        ))}
      </Stack>
    </Radio.Group>
  );
}
