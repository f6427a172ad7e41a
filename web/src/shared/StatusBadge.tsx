import { useTranslation } from "react-i18next";
import type { Connection, JobState, PoolState, Protection, RunState, WorkerState } from "@/api/types";
import styles from "./StatusBadge.module.css";
import {
  CONNECTION_FACES,
  type Face,
  JOB_FACES,
  POOL_FACES,
  PROTECTION_FACES,
  RUN_FACES,
  WORKER_FACES,
} from "./status";

interface StatusBadgeProps {
  face: Face;
  label: string;
  size?: "sm" | "md";
}

/** A state: an icon, a word and a colour, so that no one of them carries it alone. */
export function StatusBadge({ face, label, size = "sm" }: StatusBadgeProps) {
  const Icon = face.icon;
  return (
    <span className={styles.badge} data-tone={face.tone} data-size={size}>
      <Icon size={size === "sm" ? 14 : 17} strokeWidth={2.25} aria-hidden />
      {label}
    </span>
  );
}

interface StateProps<S> {
  state: S;
  size?: "sm" | "md";
}

export function RunStateBadge({ state, size }: StateProps<RunState>) {
  const { t } = useTranslation();
  return <StatusBadge face={RUN_FACES[state]} label={t(`runState.${state}`)} size={size} />;
}

export function JobStateBadge({ state, size }: StateProps<JobState>) {
  const { t } = useTranslation();
  return <StatusBadge face={JOB_FACES[state]} label={t(`jobState.${state}`)} size={size} />;
}

export function ProtectionBadge({ state, size }: StateProps<Protection>) {
  const { t } = useTranslation();
  return <StatusBadge face={PROTECTION_FACES[state]} label={t(`protection.${state}`)} size={size} />;
}

export function PoolStateBadge({ state, size }: StateProps<PoolState>) {
  const { t } = useTranslation();
  return <StatusBadge face={POOL_FACES[state]} label={t(`poolState.${state}`)} size={size} />;
}

export function ConnectionBadge({ state, size }: StateProps<Connection>) {
  const { t } = useTranslation();
  return <StatusBadge face={CONNECTION_FACES[state]} label={t(`connection.${state}`)} size={size} />;
}

export function WorkerStateBadge({ state, size }: StateProps<WorkerState>) {
  const { t } = useTranslation();
  return <StatusBadge face={WORKER_FACES[state]} label={t(`workerState.${state}`)} size={size} />;
}
