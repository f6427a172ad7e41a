/** What stands where data is missing: nothing there yet, not reachable, not allowed. Each names the next action. */
import { Button, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleAlert, type LucideIcon, RotateCw, SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { messageOf } from "./notify";
import styles from "./states.module.css";

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  /** The next action. */
  action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <Stack align="center" gap="sm" className={styles.state}>
      <span className={styles.mark}>
        <Icon size={26} strokeWidth={1.75} aria-hidden />
      </span>
      <Title order={2} ta="center">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" size="sm" ta="center" maw="32rem" component="div">
          {children}
        </Text>
      )}
      {action && <div className={styles.action}>{action}</div>}
    </Stack>
  );
}

interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
}

export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation();
  const hint = error instanceof ApiError ? error.hint : null;
  if (error instanceof ApiError && error.status === 404) {
    return (
      <div role="alert">
        <EmptyState
          icon={SearchX}
          title={t("errors.gone")}
          action={
            <Button component={Link} to="/">
              {t("shell.home")}
            </Button>
          }
        >
          {t("errors.goneHint")}
        </EmptyState>
      </div>
    );
  }
  return (
    <div role="alert">
      <EmptyState
        icon={CircleAlert}
        title={t("errors.load")}
        action={
          onRetry && (
            <Button variant="default" leftSection={<RotateCw size={16} aria-hidden />} onClick={onRetry}>
              {t("common.retry")}
            </Button>
          )
        }
      >
        {messageOf(error)} {hint}
      </EmptyState>
    </div>
  );
}
