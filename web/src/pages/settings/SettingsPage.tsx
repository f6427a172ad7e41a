import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { Page, PageSkeleton } from "@/shared/Page";
import { ErrorState } from "@/shared/states";
import { GeneralSection } from "./GeneralSection";
import { MailSection } from "./MailSection";
import { ThresholdsSection } from "./ThresholdsSection";

export function SettingsPage() {
  const { t } = useTranslation();
  const settings = useQuery({ queryKey: ["settings"], queryFn: () => ask(api.GET("/api/settings")) });
  return (
    <Page title={t("nav.settings")} description={t("settings.description")} narrow>
      {settings.isPending && <PageSkeleton />}
      {settings.isError && <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.data && (
        // A new version, ours or somebody else's, fills the forms anew.
        <div key={settings.data.version} style={{ display: "grid", gap: "1.25rem" }}>
          <GeneralSection settings={settings.data} />
          <MailSection settings={settings.data} />
          <ThresholdsSection />
        </div>
      )}
    </Page>
  );
}
