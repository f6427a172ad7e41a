import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makePlan, notice, runPlan, signIn } from "../support/app.ts";
import { MailServer } from "../support/lab.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;
let api: Api;
let planId: number;
let snapshotId: number;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  planId = (await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") })).id;
  const run = await runPlan(api, planId);
  expect(run.state, run.message ?? "").toBe("succeeded");
  snapshotId = run.snapshotId ?? 0;
});

test.afterAll(() => server?.stop());

async function enabled(page: Page, name: string | RegExp): Promise<boolean> {
  const button = page.getByRole("button", { name });
  await expect(button).toBeVisible();
  return (await button.getAttribute("aria-disabled")) !== "true";
}

test("a user is made, signs in, gets another role while signed in, is disabled and deleted", async ({ browser, page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/users`);
  await page.getByRole("button", { name: "Create user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("User name").fill("rene");
  await dialog.getByRole("radio", { name: "Restorer" }).check();
  const password = await dialog.getByLabel("First password").inputValue();
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(notice(page, "User “rene” created")).toBeVisible();
  const row = page.getByRole("row", { name: /rene/ });
  await expect(row.getByText("Restorer")).toBeVisible();

  const context = await browser.newContext({ locale: "en-GB" });
  const his = await context.newPage();
  await signIn(his, server, { name: "rene", password });
  await test.step("a restorer restores and runs nothing", async () => {
    await his.goto(`${server.url}/snapshots/${snapshotId}`);
    expect(await enabled(his, "Restore everything")).toBe(true);
    await his.goto(`${server.url}/plans/${planId}`);
    expect(await enabled(his, "Run now: documents")).toBe(false);
  });

  await test.step("an operator runs plans and changes storage, and sees no administration", async () => {
    await row.getByRole("button", { name: "More actions (rene)" }).click();
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await page.getByRole("dialog").getByRole("radio", { name: "Operator" }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect(row.getByText("Operator")).toBeVisible();
    await his.reload();
    expect(await enabled(his, "Run now: documents")).toBe(true);
    await his.goto(`${server.url}/pools`);
    expect(await enabled(his, "Add a storage pool")).toBe(true);
    await his.goto(`${server.url}/users`);
    await expect(his.getByText("Your role does not open this page")).toBeVisible();
  });

  await test.step("disabled, the sessions end and the password no longer lets in", async () => {
    await row.getByRole("button", { name: "More actions (rene)" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await expect(row.getByText("Disabled")).toBeVisible();
    await his.goto(`${server.url}/plans`);
    await expect(his.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await his.getByLabel(/^User name/).fill("rene");
    await his.getByLabel(/^Password/).fill(password);
    await his.getByRole("button", { name: "Sign in" }).click();
    await expect(his.getByRole("alert")).toBeVisible();
  });

  await row.getByRole("button", { name: "More actions (rene)" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByLabel(/^To confirm/).fill("rene");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(row).toHaveCount(0);
  await context.close();
});

test("a token is shown once, does what its rights say, and is refused once revoked", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/tokens`);
  await page.getByRole("button", { name: "Create token" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await expect(dialog.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel("Name").fill("monitoring");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await expect(dialog.getByText("Shown only once")).toBeVisible();
  const secret = await dialog.locator("pre").first().innerText();
  await dialog.getByRole("button", { name: "Done" }).click();
  const ask = (path: string, method = "GET") =>
    fetch(`${server.url}${path}`, { method, headers: { Authorization: `Bearer ${secret}` } });
  expect((await ask("/api/plans")).status).toBe(200);
  expect((await ask(`/api/plans/${planId}/execute`, "POST")).status).toBe(403);

  const row = page.getByRole("row", { name: /monitoring/ });
  await expect(row.getByText("Read", { exact: true })).toBeVisible();
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(notice(page, "Token revoked")).toBeVisible();
  expect((await ask("/api/plans")).status).toBe(401);
});

test("the audit log tells who changed and who took out what, and is searched", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/snapshots/${snapshotId}`);
  await page.getByRole("button", { name: "Open folder documents" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download a.txt" }).click();
  await download;
  await page.goto(`${server.url}/audit`);
  const rows = page.getByRole("table").getByRole("row");
  await expect(rows.filter({ hasText: "snapshots.download" }).filter({ hasText: ADMINISTRATOR.name })).toHaveCount(1);
  await page.getByRole("searchbox").fill("plans.create");
  await expect(rows.filter({ hasText: "plans.create" }).filter({ hasText: "documents" })).toHaveCount(1);
  await expect(rows.filter({ hasText: "snapshots.download" })).toHaveCount(0);
});

/** What is done next builds on settings that are kept: a notice in the corner may be that of an earlier change. */
async function saved(page: Page, save: () => Promise<void>): Promise<void> {
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/api/settings") && answer.request().method() === "PUT");
  await save();
  expect((await answered).ok()).toBe(true);
}

test("settings: mail with a server that answers and one that does not, default appearance and language, the name everywhere", async ({ browser, page }) => {
  const mail = await MailServer.start();
  try {
    await signIn(page, server, ADMINISTRATOR);
    await page.goto(`${server.url}/settings`);

    await test.step("mail", async () => {
      const section = page.getByRole("region", { name: "Mail" });
      await section.getByRole("switch", { name: "Send mail" }).check();
      await section.getByRole("button", { name: "Save" }).click();
      await expect(section.getByText("The SMTP server is needed to send mail.")).toBeVisible();
      await section.getByLabel("SMTP server").fill("127.0.0.1");
      await section.getByLabel("Port").fill("9");
      await section.getByRole("combobox", { name: "Encryption" }).click();
      await page.getByRole("option", { name: /^None/ }).click();
      await section.getByLabel("Sender").fill("rempart@example.org");
      await section.getByRole("combobox", { name: "Recipients" }).fill("claire@example.org");
      await section.getByRole("combobox", { name: "Recipients" }).press("Enter");
      await saved(page, () => section.getByRole("button", { name: "Save" }).click());
      await section.getByRole("button", { name: "Send a test" }).click();
      await expect(section.getByRole("alert")).toContainText("The test message was not sent", { timeout: 60_000 });
      await expect(section.getByRole("alert")).toContainText("Check the server, port, security and credentials.");

      await section.getByLabel("Port").fill(String(mail.port));
      await saved(page, () => section.getByRole("button", { name: "Save" }).click());
      await expect(notice(page, "Saved")).toBeVisible();
      await section.getByRole("button", { name: "Send a test" }).click();
      await expect(notice(page, "Test message sent")).toBeVisible();
      await expect.poll(() => mail.messages().length).toBe(1);
      expect(mail.messages()[0]).toContain("claire@example.org");
    });

    await test.step("name, language and appearance", async () => {
      const section = page.getByRole("region", { name: "General" });
      await section.getByLabel("Application name").fill("Coffre-fort");
      await section.getByRole("combobox", { name: "Default language" }).click();
      await page.getByRole("option", { name: "Français" }).click();
      await section.getByRole("combobox", { name: "Default appearance" }).click();
      await page.getByRole("option", { name: "Dark" }).click();
      await section.getByRole("button", { name: "Save" }).click();
      await expect(page).toHaveTitle(/Coffre-fort$/);
      await expect(page.getByRole("navigation").getByText("Coffre-fort")).toBeVisible();
    });

    await test.step("somebody who has chosen nothing gets them", async () => {
      const context = await browser.newContext({ locale: "de-DE", colorScheme: "light" });
      const visitor = await context.newPage();
      await visitor.goto(`${server.url}/login`);
      await expect(visitor.getByRole("heading", { name: "Connexion" })).toBeVisible();
      await expect(visitor).toHaveTitle(/Coffre-fort$/);
      await context.close();
    });
  } finally {
    await mail.stop();
  }
});
