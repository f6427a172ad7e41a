import { useTranslation } from "react-i18next";
import type { Retention } from "@/api/types";
import { currentLanguage } from "@/i18n/i18n";
import { retentionSentence } from "./sentence";

export function useRetentionSentence(retention: Retention | null): string {
  const { t } = useTranslation();
  return retentionSentence(retention, t, currentLanguage());
}
