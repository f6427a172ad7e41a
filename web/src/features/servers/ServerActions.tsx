import { Button, Menu } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  BellRing,
  ChevronDown,
  CircleArrowUp,
  Eraser,
  Gauge,
  KeyRound,
  ListChecks,
  type LucideIcon,
  Pencil,
  RotateCw,
  ScrollText,
  ShieldX,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Server } from "@/api/types";
import { useMay } from "@/app/session";
import { listOf } from "@/features/listOf";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { showSuccess } from "@/shared/notify";
import { WideDialog } from "@/shared/WideDialog";
import { AgentInstall } from "./AgentInstall";
import { useDeleteServer, useRevokeAgent } from "./changes";
import { LimitsForm } from "./LimitsForm";
import { ServerForm } from "./ServerForm";
import { AgentJob } from "./ssh/AgentJob";
import type { AgentAction } from "./ssh/changes";
import { ThresholdsDialog } from "./watch/ThresholdsDialog";

type Care = Exclude<AgentAction, "install">;
type Dialog = "none" | "edit" | "thresholds" | "limits" | "enrol" | "revoke" | "delete" | Care;

const CARE: readonly { action: Care; icon: LucideIcon }[] = [
  { action: "upgrade", icon: CircleArrowUp },
  { action: "restart", icon: RotateCw },
  { action: "journal", icon: ScrollText },
  { action: "uninstall", icon: Eraser },
];

/** What can be done with a machine; this one needs no agent, and cannot be removed. */
export function ServerActions({ server }: { server: Server }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("manageServers");
  const [dialog, setDialog] = useState<Dialog>("none");
  const close = () => setDialog("none");
  const revoke = useRevokeAgent();
  const remove = useDeleteServer();
  const enrolled = server.agent?.enrolled === true;
  return (
    <>
      <Button
        component={Link}
        to="/plans"
        {...listOf({ serverId: server.id })}
        variant="default"
        leftSection={<ListChecks size={16} aria-hidden />}
      >
        {t("servers.plans", { count: server.planCount })}
      </Button>
      {may && (
        <Menu position="bottom-end" width={260}>
          <Menu.Target>
            <Button variant="default" rightSection={<ChevronDown size={16} aria-hidden />}>
              {t("common.actions")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Pencil size={16} aria-hidden />} onClick={() => setDialog("edit")}>
              {t("common.edit")}
            </Menu.Item>
            <Menu.Item leftSection={<BellRing size={16} aria-hidden />} onClick={() => setDialog("thresholds")}>
              {t("thresholds.edit")}
            </Menu.Item>
            {!server.local && (
              <>
                <Menu.Item leftSection={<Gauge size={16} aria-hidden />} onClick={() => setDialog("limits")}>
                  {t("servers.limits.edit")}
                </Menu.Item>
                <Menu.Item leftSection={<KeyRound size={16} aria-hidden />} onClick={() => setDialog("enrol")}>
                  {t(enrolled ? "servers.enrol.again" : "servers.enrol.install")}
                </Menu.Item>
                {CARE.map(({ action, icon: Icon }) => (
                  <Menu.Item
                    key={action}
                    leftSection={<Icon size={16} aria-hidden />}
                    onClick={() => setDialog(action)}
                  >
                    {t(`servers.ssh.menu.${action}`)}
                  </Menu.Item>
                ))}
                <Menu.Divider />
                <Menu.Item
                  c="var(--rp-failed)"
                  leftSection={<ShieldX size={16} aria-hidden />}
                  disabled={!enrolled}
                  onClick={() => setDialog("revoke")}
                >
                  {t("servers.revoke")}
                </Menu.Item>
                <Menu.Item
                  c="var(--rp-failed)"
                  leftSection={<Trash2 size={16} aria-hidden />}
                  onClick={() => setDialog("delete")}
                >
                  {t("common.delete")}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <WideDialog opened={dialog === "edit"} onClose={close} title={t("servers.edit", { name: server.name })}>
        <ServerForm existing={server} onSaved={close} onCancel={close} />
      </WideDialog>
      <ThresholdsDialog server={server} opened={dialog === "thresholds"} onClose={close} />
      {server.agent && (
        <WideDialog opened={dialog === "limits"} onClose={close} title={t("servers.limits.of", { name: server.name })}>
          <LimitsForm server={server} agent={server.agent} onClose={close} />
        </WideDialog>
      )}
      <WideDialog opened={dialog === "enrol"} onClose={close} title={t("servers.enrol.of", { name: server.name })}>
        <AgentInstall server={server} onClose={close} />
      </WideDialog>
      {CARE.map(({ action }) => (
        <WideDialog
          key={action}
          opened={dialog === action}
          onClose={close}
          title={t(`servers.ssh.title.${action}`, { name: server.name })}
        >
          <AgentJob server={server} task={action} onClose={close} />
        </WideDialog>
      ))}
      <ConfirmDialog
        opened={dialog === "revoke"}
        onClose={close}
        onConfirm={() =>
          revoke.mutate(server, { onSuccess: () => showSuccess(t("servers.revoked")), onSettled: close })
        }
        title={t("servers.revokeTitle", { name: server.name })}
        action={t("servers.revoke")}
        pending={revoke.isPending}
      >
        {t("servers.revokeWhat")}
      </ConfirmDialog>
      <ConfirmDialog
        opened={dialog === "delete"}
        onClose={close}
        onConfirm={() =>
          remove.mutate(server, { onSuccess: () => void navigate({ to: "/servers" }), onSettled: close })
        }
        title={t("servers.deleteTitle", { name: server.name })}
        action={t("common.delete")}
        typeName={server.name}
        pending={remove.isPending}
      >
        {t("servers.deleteWhat")}
      </ConfirmDialog>
    </>
  );
}
