import {
  Button,
  Group,
  Modal,
  NumberInput,
  PasswordInput,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { FolderSearch } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PoolPlace } from "@/api/types";
import { FolderBrowser } from "@/features/servers/FolderBrowser";

type Of<K extends PoolPlace["kind"]> = Extract<PoolPlace, { kind: K }>;

interface FieldsProps<P> {
  place: P;
  onChange: (place: P) => void;
  /** Secrets that are stored already: left empty, they stay as they are. */
  stored: boolean;
  /** The machine the server runs on, where it is known: its folders can be browsed. */
  localServerId: number | null;
}

export function PlaceFields({ place, ...rest }: FieldsProps<PoolPlace>) {
  switch (place.kind) {
    case "local":
      return <LocalFields place={place} {...rest} />;
    case "s3":
      return <S3Fields place={place} {...rest} />;
    case "gcs":
      return <GcsFields place={place} {...rest} />;
    case "azure":
      return <AzureFields place={place} {...rest} />;
    case "sftp":
      return <SftpFields place={place} {...rest} />;
  }
}

/** An empty optional field is `null`: the server then takes its default. */
const orNull = (text: string): string | null => (text === "" ? null : text);

function LocalFields({ place, onChange, localServerId }: FieldsProps<Of<"local">>) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <>
      <Group align="flex-end" gap="xs">
        <TextInput
          style={{ flex: "1 1 220px" }}
          label={t("pools.field.path")}
          description={t("pools.field.pathWhy")}
          placeholder="/srv/backups"
          withAsterisk
          spellCheck={false}
          value={place.path}
          onChange={({ currentTarget }) => onChange({ ...place, path: currentTarget.value })}
        />
        {localServerId !== null && (
          <Button variant="default" leftSection={<FolderSearch size={16} aria-hidden />} onClick={open}>
            {t("plans.form.browse")}
          </Button>
        )}
      </Group>
      {localServerId !== null && (
        <Modal opened={opened} onClose={close} title={t("explorer.titleFolder")} size="lg">
          <FolderBrowser serverId={localServerId} chosen={chosen} onChange={setChosen} foldersOnly single />
          <Group justify="flex-end" mt="md">
            <Button
              disabled={chosen.length === 0}
              title={chosen.length === 0 ? t("explorer.chooseFirst") : undefined}
              onClick={() => {
                if (chosen[0]) onChange({ ...place, path: chosen[0] });
                close();
              }}
            >
              {t("explorer.use")}
            </Button>
          </Group>
        </Modal>
      )}
    </>
  );
}

function S3Fields({ place, onChange, stored }: FieldsProps<Of<"s3">>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput
          label={t("pools.field.bucket")}
          withAsterisk
          spellCheck={false}
          value={place.bucket}
          onChange={({ currentTarget }) => onChange({ ...place, bucket: currentTarget.value })}
        />
        <TextInput
          label={t("pools.field.prefix")}
          placeholder="rempart"
          spellCheck={false}
          value={place.prefix}
          onChange={({ currentTarget }) => onChange({ ...place, prefix: currentTarget.value })}
        />
        <TextInput
          label={t("pools.field.endpoint")}
          description={t("pools.field.endpointWhy")}
          placeholder="https://s3.example.org"
          spellCheck={false}
          value={place.endpoint ?? ""}
          onChange={({ currentTarget }) => onChange({ ...place, endpoint: orNull(currentTarget.value) })}
        />
        <TextInput
          label={t("pools.field.region")}
          description={t("pools.field.regionWhy")}
          placeholder="eu-west-3"
          spellCheck={false}
          value={place.region ?? ""}
          onChange={({ currentTarget }) => onChange({ ...place, region: orNull(currentTarget.value) })}
        />
        <TextInput
          label={t("pools.field.accessKeyId")}
          autoComplete="off"
          spellCheck={false}
          value={place.accessKeyId ?? ""}
          onChange={({ currentTarget }) => onChange({ ...place, accessKeyId: orNull(currentTarget.value) })}
        />
        <PasswordInput
          label={t("pools.field.secretAccessKey")}
          placeholder={stored ? t("pools.field.storedSecret") : undefined}
          autoComplete="off"
          value={place.secretAccessKey ?? ""}
          onChange={({ currentTarget }) => onChange({ ...place, secretAccessKey: orNull(currentTarget.value) })}
        />
      </SimpleGrid>
    </Stack>
  );
}

function GcsFields({ place, onChange, stored }: FieldsProps<Of<"gcs">>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput
          label={t("pools.field.bucket")}
          withAsterisk
          spellCheck={false}
          value={place.bucket}
          onChange={({ currentTarget }) => onChange({ ...place, bucket: currentTarget.value })}
        />
        <TextInput
          label={t("pools.field.prefix")}
          placeholder="rempart"
          spellCheck={false}
          value={place.prefix}
          onChange={({ currentTarget }) => onChange({ ...place, prefix: currentTarget.value })}
        />
      </SimpleGrid>
      <Textarea
        label={t("pools.field.serviceAccountKey")}
        description={t("pools.field.serviceAccountKeyWhy")}
        placeholder={stored ? t("pools.field.storedSecret") : '{"type": "service_account", …}'}
        autosize
        minRows={3}
        maxRows={8}
        spellCheck={false}
        value={place.serviceAccountKey ?? ""}
        onChange={({ currentTarget }) => onChange({ ...place, serviceAccountKey: orNull(currentTarget.value) })}
      />
    </Stack>
  );
}

function AzureFields({ place, onChange, stored }: FieldsProps<Of<"azure">>) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <TextInput
        label={t("pools.field.account")}
        withAsterisk
        spellCheck={false}
        value={place.account}
        onChange={({ currentTarget }) => onChange({ ...place, account: currentTarget.value })}
      />
      <TextInput
        label={t("pools.field.container")}
        withAsterisk
        spellCheck={false}
        value={place.container}
        onChange={({ currentTarget }) => onChange({ ...place, container: currentTarget.value })}
      />
      <TextInput
        label={t("pools.field.prefix")}
        placeholder="rempart"
        spellCheck={false}
        value={place.prefix}
        onChange={({ currentTarget }) => onChange({ ...place, prefix: currentTarget.value })}
      />
      <PasswordInput
        label={t("pools.field.accountKey")}
        placeholder={stored ? t("pools.field.storedSecret") : undefined}
        autoComplete="off"
        value={place.accountKey ?? ""}
        onChange={({ currentTarget }) => onChange({ ...place, accountKey: orNull(currentTarget.value) })}
      />
    </SimpleGrid>
  );
}

function SftpFields({ place, onChange, stored }: FieldsProps<Of<"sftp">>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <TextInput
          label={t("pools.field.host")}
          withAsterisk
          placeholder="nas.example.org"
          spellCheck={false}
          value={place.host}
          // Another host has another key: what was confirmed for the old one says nothing about it.
          onChange={({ currentTarget }) => onChange({ ...place, host: currentTarget.value, hostKeyFingerprint: null })}
        />
        <NumberInput
          label={t("pools.field.port")}
          min={1}
          max={65535}
          value={place.port}
          onChange={(port) => typeof port === "number" && onChange({ ...place, port, hostKeyFingerprint: null })}
        />
        <TextInput
          label={t("pools.field.user")}
          withAsterisk
          autoComplete="off"
          spellCheck={false}
          value={place.user}
          onChange={({ currentTarget }) => onChange({ ...place, user: currentTarget.value })}
        />
        <PasswordInput
          label={t("pools.field.password")}
          description={t("pools.field.passwordWhy")}
          placeholder={stored ? t("pools.field.storedSecret") : undefined}
          autoComplete="off"
          value={place.password ?? ""}
          onChange={({ currentTarget }) => onChange({ ...place, password: orNull(currentTarget.value) })}
        />
      </SimpleGrid>
      <TextInput
        label={t("pools.field.remotePath")}
        withAsterisk
        placeholder="/backups"
        spellCheck={false}
        value={place.path}
        onChange={({ currentTarget }) => onChange({ ...place, path: currentTarget.value })}
      />
      <Textarea
        label={t("pools.field.privateKey")}
        placeholder={stored ? t("pools.field.storedSecret") : t("pools.field.privateKeyExample")}
        autosize
        minRows={2}
        maxRows={6}
        spellCheck={false}
        value={place.privateKey ?? ""}
        onChange={({ currentTarget }) => onChange({ ...place, privateKey: orNull(currentTarget.value) })}
      />
    </Stack>
  );
}
