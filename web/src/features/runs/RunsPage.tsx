import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListOrdered } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Page } from "@/shared/Page";
import { RunTable } from "./RunTable";

export function RunsPage() {
  const { t } = useTranslation();
  return (
    <Page
      title={t("nav.runs")}
      description={t("runs.description")}
      actions={
        <Button component={Link} to="/jobs" variant="default" leftSection={<ListOrdered size={16} aria-hidden />}>
          {t("jobs.queue")}
        </Button>
      }
    >
      <RunTable />
    </Page>
  );
}
