import { SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Facts.module.css";

export interface Fact {
  label: string;
  value: ReactNode;
  /** A line below, smaller. */
  note?: ReactNode;
}

interface FactsProps {
  facts: Fact[];
  /** Beside each other on a wide page; `fit`: as many as there is room for, where they stand in a narrow card. */
  columns?: number | "fit";
}

/** Names and values, as a description list; the values in figures of one width. */
export function Facts({ facts, columns = 4 }: FactsProps) {
  const cols = columns === "fit" ? undefined : { base: 2, sm: Math.min(3, columns), lg: columns };
  return (
    <SimpleGrid
      component="dl"
      cols={cols}
      minColWidth={columns === "fit" ? "8.5rem" : undefined}
      className={classes.facts}
      spacing="lg"
      verticalSpacing="md"
    >
      {facts.map(({ label, value, note }) => (
        <div key={label} className={classes.fact}>
          <Text component="dt" size="xs" c="dimmed">
            {label}
          </Text>
          <dd className={classes.value}>
            {value}
            {note && <span className={classes.note}>{note}</span>}
          </dd>
        </div>
      ))}
    </SimpleGrid>
  );
}
