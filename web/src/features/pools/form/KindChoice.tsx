import { Button, Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { PoolKind } from "@/api/types";
import { POOL_KINDS } from "../place";
import classes from "./PoolForm.module.css";

interface KindChoiceProps {
  value: PoolKind;
  onChange: (kind: PoolKind) => void;
  onNext: () => void;
}

export function KindChoice({ value, onChange, onNext }: KindChoiceProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      <Radio.Group
        label={t("pools.kindQuestion")}
        value={value}
        onChange={(next) => {
          const known = POOL_KINDS.find(({ kind }) => kind === next);
          if (known) onChange(known.kind);
        }}
      >
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt="xs">
          {POOL_KINDS.map(({ kind, icon: Icon }) => (
            <Radio.Card key={kind} value={kind} className={classes.kind} aria-label={t(`pools.kind.${kind}`)}>
              <Icon size={22} aria-hidden />
              <span>
                <Text fw={600} size="sm">
                  {t(`pools.kind.${kind}`)}
                </Text>
                <Text size="xs" c="dimmed">
                  {t(`pools.kindWhy.${kind}`)}
                </Text>
              </span>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
      <Group justify="flex-end">
        <Button onClick={onNext}>{t("common.next")}</Button>
      </Group>
    </Stack>
  );
}
