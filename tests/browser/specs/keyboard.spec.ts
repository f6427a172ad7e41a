import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makePlan, runPlan, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;

test.beforeAll(async () => {
  server = await Server.start();
  const api = await Api.setUp(server);
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  const plan = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  const run = await runPlan(api, plan.id);
  expect(run.state, run.message ?? "").toBe("succeeded");
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => signIn(page, server, ADMINISTRATOR));

const nameOfFocused = (page: Page) =>
  page.evaluate(() => {
    const focused = document.activeElement;
    return focused?.getAttribute("aria-label") ?? focused?.textContent?.trim() ?? "";
  });

/** Presses Tab until what is named has the focus, as somebody does who has no pointer. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let pressed = 0; pressed < 60; pressed++) {
    await page.keyboard.press("Tab");
    const focused = await nameOfFocused(page);
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    passed.push(focused);
  }
  throw new Error(`${name} is not reached by Tab; reached were: ${passed.join(" | ")}`);
}

test("without a pointer: past the navigation, to a plan, its run, its recovery point", async ({ page }) => {
  await page.goto(`${server.url}/plans`);
  await expect(page.getByRole("link", { name: /^documents/ })).toBeVisible();
  await tabTo(page, "Skip to content");
  await page.keyboard.press("Enter");
  await expect(page.locator("#content")).toBeFocused();
  await tabTo(page, /^documents/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "documents" })).toBeVisible();

  await tabTo(page, "Run now: documents");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Succeeded: everything is in the recovery point")).toBeVisible({ timeout: 60_000 });
  await tabTo(page, "Open the recovery point");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Restore everything" })).toBeVisible();
});

test("a dialog takes the focus, keeps it, and gives it back where it was opened", async ({ page }) => {
  await page.goto(`${server.url}/tokens`);
  await expect(page.getByRole("button", { name: "Create token" }).first()).toBeVisible();
  await tabTo(page, "Create token");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Name")).toBeFocused();
  for (let pressed = 0; pressed < 40; pressed++) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((box) => box.contains(document.activeElement)), await nameOfFocused(page)).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Create token" }).first()).toBeFocused();
});
