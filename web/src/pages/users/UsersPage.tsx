import { Button, Text } from "@mantine/core";
import { Ban, CircleCheck, Plus, ShieldCheck, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { User } from "@/api/types";
import { useMe } from "@/app/session";
import type { Column } from "@/shared/list/columns";
import { ListView } from "@/shared/list/ListView";
import { Page } from "@/shared/Page";
import { StatusBadge } from "@/shared/StatusBadge";
import { EmptyState } from "@/shared/states";
import { Time } from "@/shared/Time";
import { UserActions } from "./UserActions";
import { UserForm } from "./UserForm";

export function UsersPage() {
  const { t } = useTranslation();
  const me = useMe();
  const [creating, setCreating] = useState(false);
  const columns: Column<User>[] = [
    {
      id: "name",
      header: t("users.name"),
      width: "minmax(11rem, 2fr)",
      cell: (user) => (
        <div>
          <Text size="sm" fw={560} span>
            {user.name}
          </Text>
          {user.id === me.user.id && (
            <Text size="sm" c="dimmed" span>
              {" "}
              ({t("users.you")})
            </Text>
          )}
          {user.email && (
            <Text size="xs" c="dimmed">
              {user.email}
            </Text>
          )}
        </div>
      ),
    },
    { id: "role", header: t("users.role"), cell: (user) => t(`role.${user.role}`) },
    {
      id: "state",
      header: t("common.state"),
      cell: (user) =>
        user.disabled ? (
          <StatusBadge face={{ tone: "idle", icon: Ban }} label={t("users.disabled")} />
        ) : (
          <StatusBadge face={{ tone: "ok", icon: CircleCheck }} label={t("users.active")} />
        ),
    },
    {
      id: "totp",
      header: t("users.totp"),
      from: "medium",
      cell: (user) =>
        user.totpEnabled ? (
          <StatusBadge face={{ tone: "ok", icon: ShieldCheck }} label={t("account.totpActive")} />
        ) : (
          <Text size="sm" c="dimmed">
            {t("common.no")}
          </Text>
        ),
    },
    {
      id: "lastLogin",
      header: t("users.lastLogin"),
      cell: (user) => <Time at={user.lastLoginAt} missing={t("common.never")} />,
    },
    {
      id: "actions",
      header: t("common.actions"),
      hideHeader: true,
      width: "4rem",
      align: "end",
      cell: (user) => <UserActions user={user} />,
    },
  ];
  return (
    <Page
      title={t("nav.users")}
      description={t("users.description")}
      actions={
        <Button leftSection={<Plus size={17} aria-hidden />} onClick={() => setCreating(true)}>
          {t("users.create")}
        </Button>
      }
    >
      <ListView
        label={t("nav.users")}
        queryKey={["users"]}
        fetchPage={(query, signal) => ask(api.GET("/api/users", { params: { query }, signal }))}
        columns={columns}
        rowKey={(user) => user.id}
        searchIn={t("users.searchIn")}
        empty={<EmptyState icon={Users} title={t("users.emptyTitle")} />}
      />
      <UserForm opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
