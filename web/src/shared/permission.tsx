/** What a role may not do stays visible, disabled, and says why. */
import { Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { ComponentPropsWithoutRef, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Permission, useMay, useMe } from "@/app/session";

/** Why an action is refused to this person; `null` when it is not. */
export function useRefusal(permission: Permission | undefined): string | null {
  const { t } = useTranslation();
  const me = useMe();
  if (permission === undefined || me.permissions.includes(permission)) return null;
  return t("permission.missing", { role: t(`role.${me.user.role}`) });
}

interface ActionButtonProps extends ButtonProps, Omit<ComponentPropsWithoutRef<"button">, keyof ButtonProps> {
  permission?: Permission;
  /** Another reason why it cannot be pressed now, in a sentence. */
  disabledReason?: string | null;
  children: ReactNode;
}

/**
 * A button that says why it is disabled, to the pointer and to the keyboard: it stays focusable (`data-disabled`), and
 * does nothing.
 */
export function ActionButton({ permission, disabledReason, onClick, children, ...rest }: ActionButtonProps) {
  const refusal = useRefusal(permission);
  const reason = refusal ?? disabledReason ?? null;
  if (reason === null) {
    return (
      <Button onClick={onClick} {...rest}>
        {children}
      </Button>
    );
  }
  return (
    <Tooltip label={reason}>
      <Button {...rest} type="button" data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
        {children}
      </Button>
    </Tooltip>
  );
}

interface MayProps {
  permission: Permission;
  children: ReactNode;
}

/** For whole sections that mean nothing to a role (not for buttons: see `ActionButton`). */
export function May({ permission, children }: MayProps) {
  return useMay(permission) ? children : null;
}
