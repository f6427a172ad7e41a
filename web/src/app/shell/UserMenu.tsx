import { ActionIcon, Avatar, Menu, Text, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask, rememberCsrfToken } from "@/api/client";
import type { Language, Theme } from "@/api/types";
import { changeLanguage, currentLanguage, LANGUAGES } from "@/i18n/i18n";
import { meQuery, useMe } from "../session";
import styles from "./Shell.module.css";

const THEMES: readonly { theme: Theme; icon: typeof Sun }[] = [
  { theme: "auto", icon: Monitor },
  { theme: "light", icon: Sun },
  { theme: "dark", icon: Moon },
];

/** Language, appearance, account, sign out. What is chosen here is kept with the account. */
export function UserMenu() {
  const { t } = useTranslation();
  const { user } = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  const keep = useMutation({
    mutationFn: (change: { language?: Language; theme?: Theme }) => ask(api.PATCH("/api/auth/me", { body: change })),
    onSuccess: async (_, { language }) => {
      if (language) await changeLanguage(language);
      // The server's own sentences are in the other language now.
      await client.invalidateQueries(language ? {} : { queryKey: meQuery.queryKey });
    },
  });
  const signOut = useMutation({
    mutationFn: () => ask(api.POST("/api/auth/logout")),
    onSuccess: async () => {
      rememberCsrfToken(null);
      await navigate({ to: "/login" });
      client.clear();
    },
  });
  const chooseLanguage = (language: Language) => {
    keep.mutate({ language });
  };
  const chooseTheme = (theme: Theme) => {
    setColorScheme(theme);
    keep.mutate({ theme });
  };

  return (
    <Menu position="bottom-end" width={230} withArrow>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          radius="xl"
          aria-label={t("shell.userMenu", { name: user.name })}
        >
          <Avatar size={30} radius="xl" color="iris" variant="filled" alt="" aria-hidden>
            <span className={styles.initials} data-initials={user.name.slice(0, 2).toUpperCase()} />
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--rp-text)" truncate>
            {user.name}
          </Text>
          <Text size="xs">{t(`role.${user.role}`)}</Text>
        </Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<UserRound size={16} aria-hidden />}>
          {t("shell.account")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("shell.language")}</Menu.Label>
        {LANGUAGES.map((language) => (
          <Menu.RadioItem
            key={language}
            value={language}
            checked={currentLanguage() === language}
            lang={language}
            onChange={() => chooseLanguage(language)}
          >
            {t(`shell.languageNames.${language}`)}
          </Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.Label>{t("shell.theme")}</Menu.Label>
        {THEMES.map(({ theme, icon: Icon }) => (
          <Menu.RadioItem
            key={theme}
            value={theme}
            checked={colorScheme === theme}
            rightSection={<Icon size={16} aria-hidden />}
            onChange={() => chooseTheme(theme)}
          >
            {t(`shell.themeNames.${theme}`)}
          </Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          {t("shell.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
