import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Dices } from "lucide-react";
import { useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import { api, ask, ifMatch } from "@/api/client";
import { isStale } from "@/api/errors";
import type { User } from "@/api/types";
import { useMe } from "@/app/session";
import { FormFooter } from "@/shared/form/FormFooter";
import { TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { showError, showSuccess } from "@/shared/notify";
import { LEAST_PASSWORD_CHARACTERS } from "@/shared/PasswordMeter";
import { newPassword } from "./newPassword";
import { ROLES } from "./roles";

const base = z.object({
  name: z.string().trim().min(1).max(64),
  email: z.union([z.literal(""), z.email()]),
  role: z.enum(["administrator", "operator", "restorer", "viewer"]),
});
const createSchema = base.extend({ password: z.string().min(LEAST_PASSWORD_CHARACTERS) });
const editSchema = base.extend({
  password: z.union([z.literal(""), z.string().min(LEAST_PASSWORD_CHARACTERS)]),
});
type Values = z.output<typeof createSchema>;

interface UserFormProps {
  opened: boolean;
  onClose: () => void;
  /** To change; without one a user is made. */
  user?: User;
}

export function UserForm({ opened, onClose, user }: UserFormProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={user ? t("users.edit", { name: user.name }) : t("users.create")}>
      {opened && <Fields user={user} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ user, onClose }: Pick<UserFormProps, "user" | "onClose">) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const form = useAppForm(user ? editSchema : createSchema, {
    name: user?.name ?? "",
    email: user?.email ?? "",
    role: user?.role ?? "operator",
    password: user ? "" : newPassword(),
  });
  const role = useController({ control: form.control, name: "role" });
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, email, role: chosen, password }: Values) =>
      user === undefined
        ? ask(api.POST("/api/users", { body: { name, email: email || null, role: chosen, password } }))
        : ask(
            api.PATCH("/api/users/{id}", {
              params: { path: { id: user.id }, header: ifMatch(user) },
              body: { email, role: chosen, password: password || null },
            }),
          ),
    onSuccess: async (saved) => {
      showSuccess(user ? t("common.saved") : t("users.created", { name: saved.name }));
      onClose();
      await client.invalidateQueries({ queryKey: ["users"] });
    },
    onError: async (error) => {
      if (isStale(error)) {
        showError(error);
        onClose();
        await client.invalidateQueries({ queryKey: ["users"] });
      } else showServerError(form, error, ["name", "email", "password"]);
    },
  });

  return (
    <form onSubmit={form.handleSubmit((values) => save.mutate(values))} noValidate>
      <Stack gap="md">
        <TextField
          control={form.control}
          name="name"
          label={t("users.name")}
          description={user ? undefined : t("setup.nameHint")}
          disabled={user !== undefined}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        <TextField control={form.control} name="email" type="email" label={t("users.email")} autoComplete="off" />
        <Radio.Group label={t("users.role")} value={role.field.value} onChange={role.field.onChange}>
          <Stack gap="xs" mt={6}>
            {ROLES.map((name) => (
              <Radio
                key={name}
                value={name}
                label={t(`role.${name}`)}
                description={t(`users.roleHelp.${name}`)}
                disabled={user?.id === me.user.id}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextField
            control={form.control}
            name="password"
            label={user ? t("users.newPassword") : t("users.password")}
            description={user ? t("users.newPasswordHint") : t("users.passwordHint")}
            autoComplete="off"
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            flex={1}
          />
          <Button
            variant="default"
            leftSection={<Dices size={16} aria-hidden />}
            onClick={() => form.setValue("password", newPassword(), { shouldValidate: true })}
          >
            {t("users.generate")}
          </Button>
        </Group>
        {user?.id === me.user.id && (
          <Text size="sm" c="dimmed">
            {t("users.notYourself")}
          </Text>
        )}
      </Stack>
      <FormFooter
        form={form}
        submit={user ? t("common.save") : t("users.create")}
        pending={save.isPending}
        onCancel={onClose}
      />
    </form>
  );
}
