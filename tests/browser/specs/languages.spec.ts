import { expect, test } from "@playwright/test";
import { signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;

test.beforeAll(async () => {
  server = await Server.start();
  await Api.setUp(server);
});

test.afterAll(() => server?.stop());

test.describe("before anybody is signed in", () => {
  for (const [locale, heading] of [
    ["fr-CA", "Connexion"],
    ["en-US", "Sign in"],
    ["de-DE", "Connexion"],
  ] as const) {
    test(`a browser that asks for ${locale} reads “${heading}”`, async ({ browser }) => {
      const context = await browser.newContext({ locale });
      const page = await context.newPage();
      await page.goto(`${server.url}/login`);
      await expect(page.getByRole("heading", { name: heading })).toBeVisible();
      await expect(page.locator("html")).toHaveAttribute("lang", heading === "Sign in" ? "en" : "fr");
      await context.close();
    });
  }
});

test("a page that does not exist says so, and leads back", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/nowhere`);
  await expect(page.getByText("There is no such page")).toBeVisible();
  await page.getByRole("link", { name: "Go to the dashboard" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
});

// Last: the language that is chosen belongs to the account from then on.
test("the language is changed in the account's menu, and refusals of the server come in it too", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.getByRole("button", { name: `Menu of ${ADMINISTRATOR.name}` }).click();
  await page.getByRole("menuitem", { name: "Français" }).or(page.getByRole("menuitemradio", { name: "Français" })).or(page.getByText("Français")).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tableau de bord");

  // A plan that is not there: the sentence is the server's own.
  await page.goto(`${server.url}/plans/999999`);
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page.getByRole("alert")).not.toContainText(/not found|does not exist|no such/i);
});
