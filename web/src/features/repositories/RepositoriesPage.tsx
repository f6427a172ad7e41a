import { useDisclosure } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Page } from "@/shared/Page";
import { ActionButton } from "@/shared/permission";
import { RepositoryForm } from "./RepositoryForm";
import { RepositoryTable } from "./RepositoryTable";

export function RepositoriesPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure(false);
  const add = (
    <ActionButton permission="manageStorage" leftSection={<Plus size={16} aria-hidden />} onClick={open}>
      {t("repositories.create")}
    </ActionButton>
  );
  return (
    <Page title={t("nav.repositories")} description={t("repositories.description")} actions={add}>
      <RepositoryTable action={add} />
      <RepositoryForm
        opened={opened}
        onClose={close}
        onDone={(repository) => void navigate({ to: `/repositories/${repository.id}` })}
      />
    </Page>
  );
}
