import { Group, Progress, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useFormat } from "@/shared/format";

interface GaugeProps {
  label: ReactNode;
  /** Between 0 and 1; `null`: not known. */
  share: number | null;
  /** What that is in figures. */
  note?: ReactNode;
  /** From here on there is an alert, in percent; `null`: not watched. */
  threshold?: number | null;
}

/** How much of something is in use: a bar for the eye, the figure beside it for everybody. */
export function Gauge({ label, share, note, threshold }: GaugeProps) {
  const { percent } = useFormat();
  const over = share !== null && threshold != null && share * 100 >= threshold;
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" gap="sm" mb={4}>
        <Text size="sm" fw={550} truncate component="div">
          {label}
        </Text>
        <Text
          size="sm"
          fw={over ? 650 : 500}
          c={over ? "var(--rp-failed)" : undefined}
          style={{ fontVariantNumeric: "tabular-nums" }}
        >
          {share === null ? "–" : percent(share)}
        </Text>
      </Group>
      <Progress value={(share ?? 0) * 100} size="md" radius="sm" color={over ? "brick" : "iris"} aria-hidden />
      {note && (
        <Text size="xs" c="dimmed" mt={4} component="div">
          {note}
        </Text>
      )}
    </div>
  );
}
