import { Alert, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { HardDrive, Plus } from "lucide-react";
import { type Control, useController } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { repositorySource } from "@/features/repositories/queries";
import { RepositoryForm } from "@/features/repositories/RepositoryForm";
import { useChoices } from "@/shared/choice/useChoices";
import { ChoiceField } from "@/shared/form/ChoiceField";
import { ActionButton } from "@/shared/permission";
import type { PlanChecked, PlanValues } from "./values";

/** Where a plan writes: one of the repositories, or a new one, made on the way. */
export function RepositoryField({ control }: { control: Control<PlanValues, unknown, PlanChecked> }) {
  const { t } = useTranslation();
  const { field, fieldState } = useController({ control, name: "repositoryId" });
  const { none } = useChoices(repositorySource, "", null);
  const [opened, { open, close }] = useDisclosure(false);
  const create = (
    <ActionButton
      permission="manageStorage"
      variant={none ? "filled" : "default"}
      leftSection={<Plus size={16} aria-hidden />}
      onClick={open}
    >
      {t("repositories.create")}
    </ActionButton>
  );
  return (
    <>
      {none ? (
        <Alert
          icon={<HardDrive size={18} aria-hidden />}
          color={fieldState.error ? "brick" : "iris"}
          title={t("plans.form.noRepository")}
        >
          {fieldState.error && (
            <Text size="sm" mb="xs">
              {fieldState.error.message}
            </Text>
          )}
          {create}
        </Alert>
      ) : (
        <Group align="flex-end" gap="sm">
          <ChoiceField
            control={control}
            name="repositoryId"
            source={repositorySource}
            label={t("plans.form.repository")}
            placeholder={t("plans.form.chooseRepository")}
            withAsterisk
            flex="1 1 260px"
          />
          {create}
        </Group>
      )}
      <RepositoryForm opened={opened} onClose={close} onDone={(repository) => field.onChange(repository.id)} />
    </>
  );
}
