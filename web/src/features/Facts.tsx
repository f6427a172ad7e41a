import { SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Facts.module.css";

export interface Fact {
  label: string;
  value: ReactNode;
  /** A line below, smaller. */
  note?: ReactNode;
}

/** Names and values, as a description list; the values in figures of one width. */
export function Facts({ facts, columns = 4 }: { facts: Fact[]; columns?: number }) {
  return (
    <SimpleGrid
      component="dl"
      cols={{ base: 2, sm: Math.min(3, columns), lg: columns }}
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
