import { Button, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { FolderSearch } from "lucide-react";
import { type Control, useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { FolderDialog } from "@/features/servers/FolderDialog";
import { localServerQuery } from "@/features/servers/queries";
import { TextField } from "@/shared/form/fields";
import type { PoolChecked, PoolValues } from "./values";

/** A folder of the machine that the server runs on: typed, or chosen among what is there. */
export function LocalFolderField({ control }: { control: Control<PoolValues, unknown, PoolChecked> }) {
  const { t } = useTranslation();
  const server = useQuery(localServerQuery()).data ?? null;
  const { field } = useController({ control, name: "place.path" });
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Group align="flex-end" gap="xs">
        <TextField
          control={control}
          name="place.path"
          label={t("pools.field.path")}
          description={t("pools.field.pathWhy")}
          placeholder="/srv/backups"
          withAsterisk
          spellCheck={false}
          flex="1 1 220px"
        />
        {server && (
          <Button variant="default" leftSection={<FolderSearch size={16} aria-hidden />} onClick={open}>
            {t("plans.form.browse")}
          </Button>
        )}
      </Group>
      {server && <FolderDialog serverId={server.id} opened={opened} onClose={close} onChosen={field.onChange} />}
    </>
  );
}
