import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Me } from "@/api/types";
import { changeLanguage, currentLanguage } from "@/i18n/i18n";

/** What a person chose for their account holds in every browser they sign in with. */
export function usePersonalChoices({ user }: Me): void {
  const { setColorScheme } = useMantineColorScheme();
  const apply = useRef(setColorScheme);
  useEffect(() => {
    if (user.language && user.language !== currentLanguage()) void changeLanguage(user.language);
  }, [user.language]);
  useEffect(() => apply.current(user.theme), [user.theme]);
}
