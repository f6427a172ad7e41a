import type { ReactNode } from "react";
import styles from "./Facts.module.css";

interface Fact {
  label: string;
  value: ReactNode;
}

interface FactsProps {
  facts: Fact[];
  /** For short values. */
  compact?: boolean;
}

/** Names and values side by side. */
export function Facts({ facts, compact = false }: FactsProps) {
  return (
    <dl className={styles.facts} data-compact={compact || undefined}>
      {facts.map(({ label, value }) => (
        <div key={label} className={styles.fact}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
