import { Alert, AppShell, Burger, Button, Group, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { WifiOff } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { EventsProvider, useEvents } from "@/events/EventsProvider";
import { Logo } from "@/theme/Logo";
import { setupQuery, useMe } from "../session";
import { Navigation } from "./Navigation";
import { RunningWork } from "./RunningWork";
import styles from "./Shell.module.css";
import { UserMenu } from "./UserMenu";
import { usePersonalChoices } from "./usePersonalChoices";

/** What surrounds every page of somebody who is signed in. */
export function Shell() {
  return (
    <EventsProvider>
      <Frame />
    </EventsProvider>
  );
}

function Frame() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const setup = useQuery(setupQuery).data;
  const name = setup?.applicationName ?? "Rempart";
  usePersonalChoices(useMe());
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the page changes
  useEffect(close, [pathname]);

  return (
    <>
      <a href="#content" className={styles.skip}>
        {t("shell.skip")}
      </a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 248, breakpoint: "md", collapsed: { mobile: !opened } }}
        layout="alt"
        padding={0}
      >
        <AppShell.Header className={styles.header}>
          <Group gap="xs" wrap="nowrap" className={styles.headerStart}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t(opened ? "shell.closeNavigation" : "shell.openNavigation")}
              aria-expanded={opened}
            />
            <Group gap={8} wrap="nowrap" hiddenFrom="md" className={styles.phoneBrand}>
              <Logo size={24} />
              <Text fw={620} truncate>
                {name}
              </Text>
            </Group>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <RunningWork />
            <UserMenu />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={styles.bar} aria-label={t("shell.navigation")}>
          <div className={styles.brandRow}>
            <Link to="/" className={styles.brand}>
              <Logo />
              <span>{name}</span>
            </Link>
            <Burger
              opened
              onClick={close}
              hiddenFrom="md"
              size="sm"
              color="var(--rp-bar-text)"
              aria-label={t("shell.closeNavigation")}
            />
          </div>
          <ScrollArea className={styles.scroll} type="auto">
            <Navigation />
          </ScrollArea>
          {setup && <div className={styles.version}>{t("shell.version", { version: setup.version })}</div>}
        </AppShell.Navbar>
        <AppShell.Main className={styles.main}>
          <ConnectionBanner />
          <div id="content" tabIndex={-1} className={styles.content}>
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </>
  );
}

function ConnectionBanner() {
  const { t } = useTranslation();
  const { connected, reconnect } = useEvents();
  return (
    <div role="status">
      {!connected && (
        <Alert color="amber" radius={0} icon={<WifiOff size={18} aria-hidden />} className={styles.banner}>
          <Group justify="space-between" gap="sm">
            <Text size="sm">{t("shell.offline")}</Text>
            <Button size="compact-sm" variant="default" onClick={reconnect}>
              {t("shell.offlineNow")}
            </Button>
          </Group>
        </Alert>
      )}
    </div>
  );
}
