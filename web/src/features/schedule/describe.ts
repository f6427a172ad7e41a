import { useQuery } from "@tanstack/react-query";
import { currentLanguage } from "@/i18n/i18n";

/** A cron expression in words, or `null` where it is none. The library is loaded when the first schedule is shown. */
async function describe(cron: string, language: string): Promise<string | null> {
  const [{ default: cronstrue }] = await Promise.all([import("cronstrue"), import("cronstrue/locales/fr")]);
  try {
    return cronstrue.toString(cron, {
      // "At 02:30" alone leaves open on which days.
      verbose: /^\d+ \d+ \* \* \*$/.test(cron),
      locale: language,
      use24HourTimeFormat: true,
      throwExceptionOnParseError: true,
    });
  } catch {
    return null;
  }
}

/** `undefined` until the library is here, `null` for what it cannot say. */
export function useCronInWords(cron: string | null | undefined): string | null | undefined {
  const language = currentLanguage();
  const { data } = useQuery({
    queryKey: ["cron-in-words", cron, language],
    queryFn: () => describe(cron ?? "", language),
    enabled: Boolean(cron),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return cron ? data : null;
}
