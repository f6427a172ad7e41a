/** Registers French with the library; it has no value of its own. */
declare module "cronstrue/locales/fr";
