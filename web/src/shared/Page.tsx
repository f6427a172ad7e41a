import { Anchor, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { setupQuery } from "@/app/session";
import styles from "./Page.module.css";

interface PageProps {
  title: string;
  /** One line under the title: what this page is for. */
  description?: ReactNode;
  /** Beside the title: a badge, for example. */
  mark?: ReactNode;
  /** Buttons on the right. */
  actions?: ReactNode;
  /** Where "back" leads on a page about one object. */
  back?: { to: string; label: string };
  /** Forms and reading matter are easier to read when they are narrow. */
  narrow?: boolean;
  children: ReactNode;
}

/** Title, actions and content of one page; sets the document's title too. */
export function Page({ title, description, mark, actions, back, narrow = false, children }: PageProps) {
  useDocumentTitle(title);
  return (
    <div className={styles.page} data-narrow={narrow || undefined}>
      {back && (
        <Anchor component={Link} to={back.to} className={styles.back} size="sm">
          <ChevronLeft size={16} aria-hidden />
          {back.label}
        </Anchor>
      )}
      <header className={styles.header}>
        <div className={styles.heading}>
          <Group gap="sm" align="center">
            <Title order={1} className={styles.title}>
              {title}
            </Title>
            {mark}
          </Group>
          {description && (
            <Text c="dimmed" size="sm" mt={4} maw="46rem" component="div">
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="sm">{actions}</Group>}
      </header>
      {children}
    </div>
  );
}

export function useDocumentTitle(title: string): void {
  const application = useQuery(setupQuery).data?.applicationName ?? "Rempart";
  useEffect(() => {
    document.title = `${title} · ${application}`;
  }, [title, application]);
}

/** While a page's data is on its way. */
export function PageSkeleton() {
  return (
    <Stack gap="lg" aria-hidden>
      <Skeleton height={30} width="min(16rem, 60%)" />
      <Skeleton height={14} width="min(28rem, 85%)" />
      <Skeleton height={180} />
      <Skeleton height={180} />
    </Stack>
  );
}
