import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

interface ConfirmDialogProps {
  opened: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  /** What will happen, and what cannot be undone. */
  children: ReactNode;
  /** What the button says: the verb, never "OK". */
  action: string;
  /** To be typed before the button works: for what cannot be undone. */
  typeName?: string;
  /** Red, for what destroys. */
  danger?: boolean;
  pending?: boolean;
}

export function ConfirmDialog({ opened, onClose, title, children, ...rest }: ConfirmDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      {opened && (
        <ConfirmForm onClose={onClose} {...rest}>
          {children}
        </ConfirmForm>
      )}
    </Modal>
  );
}

type ConfirmFormProps = Omit<ConfirmDialogProps, "opened" | "title">;

function ConfirmForm({
  onClose,
  onConfirm,
  children,
  action,
  typeName,
  danger = true,
  pending = false,
}: ConfirmFormProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [complained, setComplained] = useState(false);
  const matches = typeName === undefined || typed.trim() === typeName;

  useEffect(() => {
    if (matches) setComplained(false);
  }, [matches]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (matches) onConfirm();
    else setComplained(true);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text component="div" size="sm">
          {children}
        </Text>
        {typeName !== undefined && (
          <TextInput
            label={t("confirm.typeName", { name: typeName })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={complained ? t("confirm.mismatch") : null}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            type="submit"
            color={danger ? "brick" : undefined}
            loading={pending}
            data-autofocus={typeName === undefined}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
