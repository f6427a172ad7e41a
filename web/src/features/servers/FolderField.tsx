import { ActionIcon, Button, Group, Input, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { FolderSearch, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { WideDialog } from "@/shared/WideDialog";
import { FolderBrowser } from "./FolderBrowser";
import classes from "./FolderField.module.css";
import { addPath } from "./paths";

interface FolderFieldProps {
  serverId: number | null;
  value: string[];
  onChange: (paths: string[]) => void;
  error?: string | null;
}

/** Which folders are protected: chosen in the server's files, or typed. */
export function FolderField({ serverId, value, onChange, error }: FolderFieldProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [badPath, setBadPath] = useState(false);
  const [opened, { open, close }] = useDisclosure(false);

  const add = () => {
    const path = typed.trim();
    if (!path.startsWith("/")) {
      setBadPath(true);
      return;
    }
    onChange(addPath(value, path));
    setTyped("");
  };

  return (
    <Input.Wrapper label={t("plans.form.folders")} description={t("plans.form.foldersWhy")} error={error} withAsterisk>
      <Stack gap="xs" mt={6}>
        {value.length > 0 && (
          <ul className={classes.list}>
            {value.map((path) => (
              <li key={path} className={classes.item}>
                <Text size="sm" ff="monospace" className={classes.path}>
                  {path}
                </Text>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t("plans.form.removePath", { path })}
                  onClick={() => onChange(value.filter((other) => other !== path))}
                >
                  <X size={16} aria-hidden />
                </ActionIcon>
              </li>
            ))}
          </ul>
        )}
        <Group gap="xs" align="flex-start">
          <Button
            variant="light"
            leftSection={<FolderSearch size={16} aria-hidden />}
            onClick={open}
            disabled={serverId === null}
            title={serverId === null ? t("plans.form.serverFirst") : undefined}
          >
            {t("plans.form.browse")}
          </Button>
          <TextInput
            aria-label={t("plans.form.typePath")}
            placeholder="/srv/data"
            className={classes.typed}
            value={typed}
            error={badPath ? t("form.absolutePath") : null}
            onChange={({ currentTarget }) => {
              setTyped(currentTarget.value);
              setBadPath(false);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <Button
            variant="default"
            leftSection={<Plus size={16} aria-hidden />}
            disabled={typed.trim() === ""}
            title={typed.trim() === "" ? t("plans.form.typeFirst") : undefined}
            onClick={add}
          >
            {t("common.add")}
          </Button>
        </Group>
      </Stack>
      {serverId !== null && (
        <WideDialog opened={opened} onClose={close} title={t("explorer.title")}>
          <FolderBrowser serverId={serverId} chosen={value} onChange={onChange} />
          <Group justify="space-between" mt="md">
            <Text size="sm" c="dimmed" aria-live="polite">
              {t("explorer.chosen", { count: value.length })}
            </Text>
            <Button onClick={close}>{t("common.done")}</Button>
          </Group>
        </WideDialog>
      )}
    </Input.Wrapper>
  );
}
