import { Group, SegmentedControl, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { setupQuery } from "@/app/session";
import { changeLanguage, currentLanguage, LANGUAGES } from "@/i18n/i18n";
import { useDocumentTitle } from "@/shared/Page";
import { Logo } from "@/theme/Logo";
import styles from "./EntryFrame.module.css";
import { Wall } from "./Wall";

interface EntryFrameProps {
  title: string;
  intro: string;
  children: ReactNode;
}

/** The page before anybody is signed in: the house on the left, a form on the right. */
export function EntryFrame({ title, intro, children }: EntryFrameProps) {
  const { t } = useTranslation();
  const application = useQuery(setupQuery).data?.applicationName ?? "Rempart";
  useDocumentTitle(title);
  return (
    <div className={styles.frame}>
      <aside className={styles.house}>
        <Group gap="sm" className={styles.brand}>
          <Logo size={34} />
          <span>{application}</span>
        </Group>
        <div className={styles.claim}>
          <p>{t("entry.claim")}</p>
          <p>{t("entry.claimMore")}</p>
        </div>
        <Wall />
      </aside>
      <main className={styles.main}>
        <div className={styles.language}>
          <SegmentedControl
            size="xs"
            aria-label={t("shell.language")}
            data={LANGUAGES.map((value) => ({ value, label: t(`shell.languageNames.${value}`) }))}
            value={currentLanguage()}
            onChange={(value) => void changeLanguage(value === "en" ? "en" : "fr")}
          />
        </div>
        <div className={styles.form}>
          <Title order={1} className={styles.title}>
            {title}
          </Title>
          <Text c="dimmed" mt={6} mb="xl">
            {intro}
          </Text>
          {children}
        </div>
      </main>
    </div>
  );
}
