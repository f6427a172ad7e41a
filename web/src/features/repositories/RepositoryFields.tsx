import { Alert, Anchor, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { HardDrive } from "lucide-react";
import { useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod";
import type { Repository } from "@/api/types";
import { poolSource } from "@/features/pools/queries";
import { localServerQuery, serverSource } from "@/features/servers/queries";
import { i18n } from "@/i18n/i18n";
import { useChoices } from "@/shared/choice/useChoices";
import { ChoiceField } from "@/shared/form/ChoiceField";
import { FormFooter } from "@/shared/form/FormFooter";
import { PasswordField, TextField } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";
import { PageSkeleton } from "@/shared/Page";
import { useCreateRepository } from "./queries";

const MODES = ["create", "adopt"] as const;

const schema = z
  .object({
    mode: z.enum(MODES),
    name: z.string().trim().min(1).max(100),
    poolId: z.number(),
    serverId: z.number(),
    adoptPassword: z.string(),
  })
  .refine(({ mode, adoptPassword }) => mode === "create" || adoptPassword !== "", {
    path: ["adoptPassword"],
    error: () => i18n.t("form.required"),
  });

interface RepositoryFieldsProps {
  onMade: (repository: Repository) => void;
  onCancel: () => void;
}

/** Begins with this machine and the first pool: most have no other. */
export function RepositoryFields(props: RepositoryFieldsProps) {
  const { t } = useTranslation();
  const pools = useChoices(poolSource, "", null);
  const local = useQuery(localServerQuery());
  if (pools.none) {
    return (
      <Alert icon={<HardDrive size={18} aria-hidden />} title={t("repositories.poolFirst")}>
        <Anchor component={Link} to="/pools">
          {t("repositories.poolFirstLink")}
        </Anchor>
      </Alert>
    );
  }
  if (pools.items === undefined || local.isPending) return <PageSkeleton />;
  return <Fields {...props} poolId={pools.items[0]?.id} serverId={local.data?.id} />;
}

function Fields({
  onMade,
  onCancel,
  poolId,
  serverId,
}: RepositoryFieldsProps & { poolId?: number; serverId?: number }) {
  const { t } = useTranslation();
  const create = useCreateRepository();
  const form = useAppForm(schema, { mode: "create", name: "", poolId, serverId, adoptPassword: "" });
  const mode = useController({ control: form.control, name: "mode" }).field;
  const adopting = mode.value === "adopt";
  const submit = form.handleSubmit(({ name, poolId: pool, serverId: server, adoptPassword }) =>
    create.mutate(
      { name, poolId: pool, serverId: server, adoptPassword: adopting ? adoptPassword : null },
      {
        onSuccess: onMade,
        onError: (error) => showServerError(form, error, ["name", "poolId", "serverId", "adoptPassword"]),
      },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t("repositories.create")}
          value={mode.value}
          onChange={mode.onChange}
          data={MODES.map((value) => ({
            value,
            label: t(value === "create" ? "repositories.new" : "repositories.adopt"),
          }))}
        />
        <Text size="sm" c="dimmed">
          {t(adopting ? "repositories.adoptWhy" : "repositories.newWhy")}
        </Text>
        <TextField
          control={form.control}
          name="name"
          label={t("common.name")}
          description={t("repositories.nameRule")}
          withAsterisk
          data-autofocus
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <ChoiceField
            control={form.control}
            name="poolId"
            source={poolSource}
            label={t("repositories.pool")}
            withAsterisk
          />
          <ChoiceField
            control={form.control}
            name="serverId"
            source={serverSource}
            label={t("repositories.server")}
            withAsterisk
          />
        </SimpleGrid>
        {adopting && (
          <PasswordField
            control={form.control}
            name="adoptPassword"
            label={t("repositories.password")}
            description={t("repositories.passwordWhy")}
            withAsterisk
            autoComplete="new-password"
          />
        )}
      </Stack>
      <FormFooter
        form={form}
        submit={t(adopting ? "repositories.adopt" : "common.create")}
        pending={create.isPending}
        onCancel={onCancel}
      />
    </form>
  );
}
