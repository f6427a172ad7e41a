import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask, ifMatch } from "@/api/client";
import { isStale } from "@/api/errors";
import type { Settings } from "@/api/types";
import { showError, showSuccess } from "@/shared/notify";

/** Saves the whole document; what somebody else changed meanwhile is loaded instead of overwritten. */
export function useSaveSettings(settings: Settings, refused: (error: unknown) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: (change: Partial<Settings>) =>
      ask(api.PUT("/api/settings", { params: { header: ifMatch(settings) }, body: { ...settings, ...change } })),
    onSuccess: async () => {
      showSuccess(t("common.saved"));
      await Promise.all(["settings", "setup"].map((word) => client.invalidateQueries({ queryKey: [word] })));
    },
    onError: async (error) => {
      if (isStale(error)) {
        showError(error);
        await client.invalidateQueries({ queryKey: ["settings"] });
      } else refused(error);
    },
  });
}
