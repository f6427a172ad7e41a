import { Button, Group, Skeleton, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, MonitorSmartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { Session } from "@/api/types";
import { useFormat } from "@/shared/format";
import { ListSearch, NothingFound, useListText } from "@/shared/list/ListSearch";
import { MorePages } from "@/shared/list/MorePages";
import { usePages } from "@/shared/list/usePages";
import { showSuccess } from "@/shared/notify";
import { Section } from "@/shared/Section";
import { StatusBadge } from "@/shared/StatusBadge";
import { ErrorState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { browserOf, systemOf } from "./agent";
import styles from "./SessionsSection.module.css";

export function SessionsSection() {
  const { t } = useTranslation();
  const search = useListText();
  const { query, items, total } = usePages<Session>(
    ["sessions"],
    (asked, signal) => ask(api.GET("/api/auth/sessions", { params: { query: asked }, signal })),
    search.q,
  );
  return (
    <Section title={t("account.sessionsTitle")} hint={t("account.sessionsHint")}>
      {query.isPending && <Skeleton height={64} />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <ListSearch search={search} total={total} searchIn={t("account.sessionsSearchIn")} />
      {items && items.length > 0 && (
        <ul className={styles.sessions}>
          {items.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </ul>
      )}
      <NothingFound items={items} q={search.q} />
      <MorePages query={query} total={total} />
    </Section>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const browser = browserOf(session.userAgent);
  const system = systemOf(session.userAgent);
  const where =
    browser === null
      ? t("account.browserUnknown")
      : system === null
        ? browser
        : t("account.browserOn", { browser, system });
  const end = useMutation({
    mutationFn: () => ask(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id: session.id } } })),
    onSuccess: async () => {
      showSuccess(t("account.sessionEnded"));
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <li className={styles.session}>
      <MonitorSmartphone size={22} aria-hidden className={styles.icon} />
      <div className={styles.where} title={session.userAgent}>
        <Text fw={560}>{where}</Text>
        <Text size="sm" c="dimmed" component="div">
          {session.address} · <Time at={session.lastSeenAt} /> ·{" "}
          {t("account.sessionSince", { date: format.date(session.createdAt) })}
        </Text>
      </div>
      <Group gap="sm">
        {session.current ? (
          <StatusBadge face={{ tone: "ok", icon: CircleCheck }} label={t("account.sessionCurrent")} />
        ) : (
          <Button
            variant="default"
            size="xs"
            loading={end.isPending}
            aria-label={t("account.sessionEndOf", { where: `${where}, ${session.address}` })}
            onClick={() => end.mutate()}
          >
            {t("account.sessionEnd")}
          </Button>
        )}
      </Group>
    </li>
  );
}
