import { useTranslation } from "react-i18next";
import { Page } from "@/shared/Page";
import { PasswordSection } from "./PasswordSection";
import { ProfileSection } from "./ProfileSection";
import { SessionsSection } from "./SessionsSection";
import { TotpSection } from "./TotpSection";

export function AccountPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("nav.account")} description={t("account.description")} narrow>
      <ProfileSection />
      <PasswordSection />
      <TotpSection />
      <SessionsSection />
    </Page>
  );
}
