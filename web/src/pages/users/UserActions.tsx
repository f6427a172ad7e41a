import { ActionIcon, Menu, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ban, EllipsisVertical, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask, ifMatch } from "@/api/client";
import type { User } from "@/api/types";
import { useMe } from "@/app/session";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { showSuccess } from "@/shared/notify";
import { UserForm } from "./UserForm";

type Dialog = "none" | "edit" | "disable" | "delete";

export function UserActions({ user }: { user: User }) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<Dialog>("none");
  const own = user.id === me.user.id;
  const close = () => setDialog("none");
  const refresh = async () => {
    close();
    await client.invalidateQueries({ queryKey: ["users"] });
  };
  const params = { path: { id: user.id }, header: ifMatch(user) };
  const able = useMutation({
    mutationFn: (disabled: boolean) => ask(api.PATCH("/api/users/{id}", { params, body: { disabled } })),
    onSuccess: () => showSuccess(t("common.saved")),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/api/users/{id}", { params })),
    onSuccess: () => showSuccess(t("users.deleted")),
    onSettled: refresh,
  });

  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${t("common.moreActions")} (${user.name})`}>
            <EllipsisVertical size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => setDialog("edit")}>
            {t("common.edit")}
          </Menu.Item>
          {user.disabled ? (
            <Menu.Item leftSection={<RotateCcw size={16} aria-hidden />} onClick={() => able.mutate(false)}>
              {t("users.enable")}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<Ban size={16} aria-hidden />} disabled={own} onClick={() => setDialog("disable")}>
              {t("users.disable")}
            </Menu.Item>
          )}
          <Menu.Item
            c="var(--rp-failed)"
            leftSection={<Trash2 size={16} aria-hidden />}
            disabled={own}
            onClick={() => setDialog("delete")}
          >
            {t("common.delete")}
          </Menu.Item>
          {own && (
            <Text size="xs" c="dimmed" px="sm" py={6}>
              {t("users.notYourself")}
            </Text>
          )}
        </Menu.Dropdown>
      </Menu>
      <UserForm opened={dialog === "edit"} onClose={close} user={user} />
      <ConfirmDialog
        opened={dialog === "disable"}
        onClose={close}
        onConfirm={() => able.mutate(true)}
        title={t("users.disable")}
        action={t("users.disable")}
        pending={able.isPending}
      >
        {t("users.disableText", { name: user.name })}
      </ConfirmDialog>
      <ConfirmDialog
        opened={dialog === "delete"}
        onClose={close}
        onConfirm={() => remove.mutate()}
        title={t("users.deleteTitle", { name: user.name })}
        action={t("common.delete")}
        typeName={user.name}
        pending={remove.isPending}
      >
        {t("users.deleteText")}
      </ConfirmDialog>
    </>
  );
}
