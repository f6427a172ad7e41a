import { Badge, Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Clock, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { ApiToken } from "@/api/types";
import { useMe } from "@/app/session";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import type { Column } from "@/shared/list/columns";
import { ListView } from "@/shared/list/ListView";
import { showSuccess } from "@/shared/notify";
import { Page } from "@/shared/Page";
import { StatusBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time, useNow } from "@/shared/Time";
import { isScope } from "./scopes";
import { TokenForm } from "./TokenForm";

export function TokensPage() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => ask(api.DELETE("/api/tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: () => showSuccess(t("tokens.revoked")),
    onSettled: async () => {
      setRevoking(null);
      await client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  const create = (
    <Button leftSection={<Plus size={17} aria-hidden />} onClick={() => setCreating(true)}>
      {t("tokens.create")}
    </Button>
  );
  const columns: Column<ApiToken>[] = [
    {
      id: "name",
      header: t("tokens.name"),
      width: "minmax(10rem, 1.4fr)",
      cell: (token) => (
        <div>
          <Text size="sm" fw={560}>
            {token.name}
          </Text>
          {token.owner !== me.user.name && (
            <Text size="xs" c="dimmed">
              {token.owner}
            </Text>
          )}
        </div>
      ),
    },
    {
      id: "scopes",
      header: t("tokens.scopes"),
      width: "minmax(12rem, 2fr)",
      cell: (token) => (
        <Group gap={4}>
          {token.scopes.map((scope) => (
            <Badge key={scope} color="stone" tt="none" fw={520}>
              {isScope(scope) ? t(`scope.${scope}`) : scope}
            </Badge>
          ))}
        </Group>
      ),
    },
    {
      id: "expires",
      header: t("tokens.expires"),
      cell: (token) =>
        token.expiresAt && Date.parse(token.expiresAt) < now ? (
          <StatusBadge face={{ tone: "failed", icon: Clock }} label={t("tokens.expired")} />
        ) : (
          <Time at={token.expiresAt} missing={t("tokens.expiresNever")} />
        ),
    },
    {
      id: "lastUsed",
      header: t("tokens.lastUsed"),
      cell: (token) => <Time at={token.lastUsedAt} missing={t("common.never")} />,
    },
    {
      id: "actions",
      header: t("common.actions"),
      hideHeader: true,
      width: "8rem",
      align: "end",
      cell: (token) => (
        <Button variant="subtle" color="brick" size="compact-sm" onClick={() => setRevoking(token)}>
          {t("tokens.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t("nav.tokens")} description={t("tokens.description")} actions={create}>
      <ListView
        label={t("nav.tokens")}
        queryKey={["tokens"]}
        fetchPage={(query, signal) => ask(api.GET("/api/tokens", { params: { query }, signal }))}
        searchIn={t("tokens.name")}
        columns={columns}
        rowKey={(token) => token.id}
        empty={
          <EmptyState icon={KeyRound} title={t("tokens.emptyTitle")} action={create}>
            {t("tokens.emptyText")}
          </EmptyState>
        }
      />
      <TokenForm opened={creating} onClose={() => setCreating(false)} />
      <ConfirmDialog
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        onConfirm={() => revoking && revoke.mutate(revoking)}
        title={t("tokens.revokeTitle", { name: revoking?.name ?? "" })}
        action={t("tokens.revoke")}
        pending={revoke.isPending}
      >
        {t("tokens.revokeText")}
      </ConfirmDialog>
    </Page>
  );
}
