import { Alert, Group, Input, SegmentedControl, Stack, Text } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useEffect } from "react";
import { useController, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Reach, Server, SshMethod } from "@/api/types";
import { FormFooter } from "@/shared/form/FormFooter";
import { NumberField, TextField } from "@/shared/form/fields";
import { SecretField } from "@/shared/form/SecretField";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { CopyableCode } from "@/shared/Secret";

const METHODS = ["password", "key", "serverKey"] as const satisfies readonly SshMethod[];

const schema = z
  .object({
    address: z.string().trim().min(1).max(255),
    port: z.number().int().min(1).max(65_535),
    user: z.string().trim().min(1).max(64),
    method: z.enum(METHODS),
    password: z.string(),
    privateKey: z.string(),
    passphrase: z.string(),
    sudoPassword: z.string(),
  })
  .superRefine((login, context) => {
    const missing = { password: "password", key: "privateKey", serverKey: null } as const;
    const field = missing[login.method];
    if (field !== null && login[field] === "") {
      context.addIssue({ code: "too_small", minimum: 1, inclusive: true, origin: "string", input: "", path: [field] });
    }
  });

/** A login as it was typed. */
export type SshDraft = z.infer<typeof schema>;

interface SshFormProps {
  server: Server;
  reach: Reach;
  /** What was typed before, where one comes back. */
  draft: SshDraft | null;
  submit: string;
  pending: boolean;
  /** What the server refused. */
  refused: unknown;
  onSubmit: (draft: SshDraft) => void;
  onCancel: () => void;
}

/** Where the machine is, and how one gets in. What was given last time stands there, but for what is secret. */
export function SshForm({ server, reach, draft, submit, pending, refused, onSubmit, onCancel }: SshFormProps) {
  const { t } = useTranslation();
  const known = reach.ssh;
  const form = useAppForm(
    schema,
    draft ?? {
      address: known?.address ?? server.address ?? "",
      port: known?.port ?? 22,
      user: known?.user ?? "root",
      method: known?.method ?? "password",
      password: "",
      privateKey: "",
      passphrase: "",
      sudoPassword: "",
    },
  );
  const { control } = form;
  const method = useController({ control, name: "method" });
  const user = useWatch({ control, name: "user" });
  const send = form.handleSubmit(onSubmit);
  useEffect(() => {
    if (refused) showServerError(form, refused, ["address", "user", "password", "privateKey"]);
  }, [form, refused]);
  const isRoot = user.trim() === "root";
  return (
    <form
      onSubmit={(event) => {
        form.clearErrors("root.server");
        void send(event);
      }}
      noValidate
    >
      <Stack gap="md">
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextField
            control={control}
            name="address"
            label={t("servers.ssh.address")}
            withAsterisk
            data-autofocus
            autoComplete="off"
            spellCheck={false}
            style={{ flexBasis: "16rem" }}
          />
          <NumberField
            control={control}
            name="port"
            label={t("servers.ssh.port")}
            withAsterisk
            min={1}
            max={65_535}
            hideControls
            style={{ flexBasis: "5rem" }}
          />
        </Group>
        <TextField
          control={control}
          name="user"
          label={t("servers.ssh.user")}
          description={t("servers.ssh.userWhy")}
          withAsterisk
          autoComplete="off"
          spellCheck={false}
        />
        <Input.Wrapper label={t("servers.ssh.method")} labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={t("servers.ssh.method")}
            value={method.field.value}
            onChange={method.field.onChange}
            data={METHODS.map((value) => ({ value, label: t(`servers.ssh.methods.${value}`) }))}
          />
        </Input.Wrapper>
        {method.field.value === "password" && (
          <SecretField control={control} name="password" label={t("servers.ssh.password")} stored={false} />
        )}
        {method.field.value === "key" && (
          <>
            <SecretField
              control={control}
              name="privateKey"
              label={t("servers.ssh.privateKey")}
              stored={false}
              example="-----BEGIN OPENSSH PRIVATE KEY-----"
              multiline
            />
            <SecretField
              control={control}
              name="passphrase"
              label={t("servers.ssh.passphrase")}
              description={t("servers.ssh.passphraseWhy")}
              stored={false}
            />
          </>
        )}
        {method.field.value === "serverKey" && (
          <div>
            <CopyableCode label={t("servers.ssh.serverKey")} value={reach.serverPublicKey} />
            <Text size="sm" c="dimmed" mt={4}>
              {t("servers.ssh.serverKeyWhy", { user: user.trim() || "root" })}
            </Text>
          </div>
        )}
        {!isRoot && (
          <SecretField
            control={control}
            name="sudoPassword"
            label={t("servers.ssh.sudoPassword")}
            description={t(
              method.field.value === "password" ? "servers.ssh.sudoPasswordSame" : "servers.ssh.sudoPasswordWhy",
            )}
            stored={false}
          />
        )}
        <Alert color="stone" icon={<KeyRound size={18} aria-hidden />}>
          {t("servers.ssh.onceOnly")}
        </Alert>
      </Stack>
      <FormFooter form={form} submit={submit} pending={pending} onCancel={onCancel} />
    </form>
  );
}
