import { afterAll, describe, expect, it } from "vitest";
import { changeLanguage, i18n } from "@/i18n/i18n";

afterAll(() => changeLanguage("fr"));

describe("counted sentences", () => {
  it.each([
    [0, "0 élément"],
    [1, "1 élément"],
    [2, "2 éléments"],
    // French has a form of its own for whole millions, which these sentences do not need.
    [1_000_000, "1000000 éléments"],
  ])("%d in French", async (count, shown) => {
    await changeLanguage("fr");
    expect(i18n.t("list.total", { count, formatted: String(count) })).toBe(shown);
  });
});
