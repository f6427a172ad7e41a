import { SimpleGrid, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { Control } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { PoolKind } from "@/api/types";
import { NumberField, TextField } from "@/shared/form/fields";
import { SecretField } from "@/shared/form/SecretField";
import { LocalFolderField } from "./LocalFolderField";
import type { PoolChecked, PoolValues } from "./values";

interface FieldsProps {
  control: Control<PoolValues, unknown, PoolChecked>;
  /** The secrets are stored already: left empty, they stay as they are. */
  stored: boolean;
}

export function PlaceFields({ kind, ...rest }: FieldsProps & { kind: PoolKind }) {
  switch (kind) {
    case "local":
      return <LocalFolderField control={rest.control} />;
    case "s3":
      return <S3Fields {...rest} />;
    case "gcs":
      return <GcsFields {...rest} />;
    case "azure":
      return <AzureFields {...rest} />;
    case "sftp":
      return <SftpFields {...rest} />;
  }
}

/** Names that no dictionary knows and no password manager should fill in. */
const PLAIN = { spellCheck: false, autoComplete: "off" } as const;

function Pairs({ children }: { children: ReactNode }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      {children}
    </SimpleGrid>
  );
}

function S3Fields({ control, stored }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <Pairs>
      <TextField {...PLAIN} control={control} name="place.bucket" label={t("pools.field.bucket")} withAsterisk />
      <PrefixField control={control} />
      <EndpointField control={control} why={t("pools.field.endpointWhy")} example="https://s3.example.org" />
      <TextField
        {...PLAIN}
        control={control}
        name="place.region"
        label={t("pools.field.region")}
        description={t("pools.field.regionWhy")}
        placeholder="eu-west-3"
      />
      <TextField {...PLAIN} control={control} name="place.accessKeyId" label={t("pools.field.accessKeyId")} />
      <SecretField
        control={control}
        name="place.secretAccessKey"
        label={t("pools.field.secretAccessKey")}
        stored={stored}
      />
    </Pairs>
  );
}

function GcsFields({ control, stored }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Pairs>
        <TextField {...PLAIN} control={control} name="place.bucket" label={t("pools.field.bucket")} withAsterisk />
        <PrefixField control={control} />
      </Pairs>
      <SecretField
        multiline
        control={control}
        name="place.serviceAccountKey"
        label={t("pools.field.serviceAccountKey")}
        description={t("pools.field.serviceAccountKeyWhy")}
        stored={stored}
        example={'{"type": "service_account", …}'}
      />
      <EndpointField control={control} why={t("pools.field.endpointUsual")} example="https://storage.googleapis.com" />
    </Stack>
  );
}

function AzureFields({ control, stored }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Pairs>
        <TextField {...PLAIN} control={control} name="place.account" label={t("pools.field.account")} withAsterisk />
        <TextField
          {...PLAIN}
          control={control}
          name="place.container"
          label={t("pools.field.container")}
          withAsterisk
        />
        <PrefixField control={control} />
        <SecretField control={control} name="place.accountKey" label={t("pools.field.accountKey")} stored={stored} />
      </Pairs>
      <EndpointField
        control={control}
        why={t("pools.field.endpointUsual")}
        example="https://account.blob.core.windows.net"
      />
    </Stack>
  );
}

function SftpFields({ control, stored }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Pairs>
        <TextField
          {...PLAIN}
          control={control}
          name="place.host"
          label={t("pools.field.host")}
          placeholder="nas.example.org"
          withAsterisk
        />
        <NumberField
          control={control}
          name="place.port"
          label={t("pools.field.port")}
          min={1}
          max={65_535}
          allowDecimal={false}
          withAsterisk
        />
        <TextField {...PLAIN} control={control} name="place.user" label={t("pools.field.user")} withAsterisk />
        <SecretField
          control={control}
          name="place.password"
          label={t("pools.field.password")}
          description={t("pools.field.passwordWhy")}
          stored={stored}
        />
      </Pairs>
      <TextField
        {...PLAIN}
        control={control}
        name="place.path"
        label={t("pools.field.remotePath")}
        placeholder="/backups"
        withAsterisk
      />
      <SecretField
        multiline
        control={control}
        name="place.privateKey"
        label={t("pools.field.privateKey")}
        stored={stored}
        example={t("pools.field.privateKeyExample")}
      />
    </Stack>
  );
}

function PrefixField({ control }: Pick<FieldsProps, "control">) {
  const { t } = useTranslation();
  return (
    <TextField {...PLAIN} control={control} name="place.prefix" label={t("pools.field.prefix")} placeholder="rempart" />
  );
}

interface EndpointFieldProps extends Pick<FieldsProps, "control"> {
  why: string;
  example: string;
}

function EndpointField({ control, why, example }: EndpointFieldProps) {
  const { t } = useTranslation();
  return (
    <TextField
      {...PLAIN}
      control={control}
      name="place.endpoint"
      label={t("pools.field.endpoint")}
      description={why}
      placeholder={example}
    />
  );
}
