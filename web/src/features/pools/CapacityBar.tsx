import { Group, Progress, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/shared/format";

/** From here on a disk needs a person: what writes to it may fail before the next look. */
const NEARLY_FULL = 0.9;

interface CapacityBarProps {
  usedBytes: number;
  capacityBytes: number | null | undefined;
  freeBytes: number | null | undefined;
}

/** What the backups hold, what else lies on the disk, what is free; only the first where the place has no limit. */
export function CapacityBar({ usedBytes, capacityBytes, freeBytes }: CapacityBarProps) {
  const { t } = useTranslation();
  const { bytes, percent } = useFormat();
  if (capacityBytes == null || freeBytes == null || capacityBytes === 0) {
    return <Text size="sm">{t("pools.capacity.used", { used: bytes(usedBytes) })}</Text>;
  }
  const other = Math.max(0, capacityBytes - freeBytes - usedBytes);
  const full = 1 - freeBytes / capacityBytes;
  const nearlyFull = full >= NEARLY_FULL;
  return (
    <div>
      <Progress.Root size="lg" radius="sm" aria-hidden bg="var(--rp-sunken)">
        <Progress.Section value={(usedBytes / capacityBytes) * 100} color={nearlyFull ? "brick" : "iris"} />
        <Progress.Section
          value={(other / capacityBytes) * 100}
          color={nearlyFull ? "brick.3" : "light-dark(var(--mantine-color-stone-3), var(--mantine-color-dark-4))"}
        />
      </Progress.Root>
      <Group justify="space-between" mt={6} gap="0 12px">
        <Text size="xs" c="dimmed">
          {t("pools.capacity.used", { used: bytes(usedBytes) })}
        </Text>
        <Text size="xs" c={nearlyFull ? "var(--rp-failed)" : "dimmed"} fw={nearlyFull ? 600 : undefined}>
          {t(nearlyFull ? "pools.capacity.nearlyFull" : "pools.capacity.free", {
            free: bytes(freeBytes),
            capacity: bytes(capacityBytes),
            full: percent(full),
          })}
        </Text>
      </Group>
    </div>
  );
}
