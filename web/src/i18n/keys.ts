import type { texts } from "./fr";

/** The same keys with other sentences: what a translation is. */
export type SameKeys<T> = { [K in keyof T]: T[K] extends string ? string : SameKeys<T[K]> };

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof texts };
    returnNull: false;
  }
}
