import i18next, { type i18n as I18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "@/api/types";
import { typeset } from "./typeset";

export const LANGUAGES: readonly Language[] = ["fr", "en"];
const STORAGE_KEY = "rempart.language";

/** A language is one chunk, loaded when it is first shown. */
const LOADERS: Record<Language, () => Promise<{ texts: Texts }>> = {
  fr: async () => ({ texts: typesetAll((await import("./fr")).texts) }),
  en: () => import("./en"),
};

interface Texts {
  [key: string]: string | Texts;
}

function typesetAll(texts: Texts): Texts {
  const entries = Object.entries(texts).map(([key, text]): [string, string | Texts] => [
    key,
    typeof text === "string" ? typeset(text) : typesetAll(text),
  ]);
  return Object.fromEntries(entries);
}

export const i18n: I18n = i18next.createInstance();

/** The choice made here, else what the browser asks for, else French. */
export function firstLanguage(stored: string | null, wanted: readonly string[]): Language {
  const candidates = stored === null ? wanted : [stored, ...wanted];
  for (const candidate of candidates) {
    const found = LANGUAGES.find((language) => candidate.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "fr";
}

export async function startI18n(): Promise<void> {
  const language = firstLanguage(readStored(), navigator.languages);
  await i18n.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: (await LOADERS[language]()).texts } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  foldPlurals();
  document.documentElement.lang = language;
}

/** French counts whole millions apart ("un million d’éléments"); our sentences do not need that form. */
function foldPlurals(): void {
  const resolver = i18n.services.pluralResolver;
  const suffixOf = resolver.getSuffix.bind(resolver);
  resolver.getSuffix = (...asked: Parameters<typeof suffixOf>): string => {
    const suffix: string = suffixOf(...asked);
    return suffix.replace("many", "other");
  };
}

export async function changeLanguage(language: Language): Promise<void> {
  if (!i18n.hasResourceBundle(language, "translation")) {
    i18n.addResourceBundle(language, "translation", (await LOADERS[language]()).texts);
  }
  await i18n.changeLanguage(language);
  document.documentElement.lang = language;
  try {
    localStorage.setItem(STORAGE_KEY, language);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}

export function currentLanguage(): Language {
  return i18n.resolvedLanguage === "en" ? "en" : "fr";
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
