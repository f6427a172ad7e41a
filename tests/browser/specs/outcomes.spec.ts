import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makePlan, signIn } from "../support/app.ts";
import { EndlessFolder } from "../support/endless.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

const MIB = 1024 * 1024;
/** `2 h 5 min`, `12 s`. */
const LEFT = /^\d+\s(d|h|min|s)(\s\d+\s(h|min|s))?$/;

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

async function runFromPlanPage(page: Page, planId: number, name: string): Promise<void> {
  await page.goto(`${server.url}/plans/${planId}`);
  await page.getByRole("button", { name: `Run now: ${name}` }).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
}

/** What stands below a word on the page of a run. */
const figure = (page: Page, name: string) =>
  page.locator("dl > div").filter({ has: page.getByText(name, { exact: true }) }).locator("dd");

test("a run is watched while it is at work, and canceled: there is no new recovery point", async ({ page }) => {
  // Given: so much data that only the button ends the run.
  const endless = await EndlessFolder.over(await server.folderFor("endless"));
  try {
    const plan = await makePlan(api, { name: "endless data", source: endless.path, pool: await server.folderFor("pool-endless") });
    await signIn(page, server, ADMINISTRATOR);

    // When
    await runFromPlanPage(page, plan.id, "endless data");

    // Then: what it does is told, and grows.
    await expect(page.getByText("Running", { exact: true }).first()).toBeVisible();
    await expect(figure(page, "Files")).toContainText(/^[1-9][\d,]*/);
    await expect(figure(page, "Data read")).toContainText(/^[1-9][\d.,]*\s[KMG]iB/);
    await expect(figure(page, "New")).toContainText(/^[1-9][\d.,]*\s[KMG]iB/);
    await expect(figure(page, "Stored")).toContainText(/^[1-9][\d.,]*\s[KMG]iB/);
    await expect(figure(page, "Rate")).toContainText(/^[1-9][\d.,]*\s[KMG]iB\/s$/);
    await expect(page.getByRole("listitem").filter({ hasText: /part-\d\.bin$/ }).first()).toBeVisible();
    const before = await figure(page, "Files").innerText();
    await expect.poll(() => figure(page, "Files").innerText()).not.toBe(before);
    await expectForetold(page);

    // When
    await page.getByRole("button", { name: "Cancel" }).click();

    // Then
    await expect(page.getByText("Canceled: there is no new recovery point")).toBeVisible();
    await expect(page.getByRole("link", { name: "Open the recovery point" })).toHaveCount(0);
  } finally {
    endless.end();
  }
});

/** Also of a first run: what there is was counted beside it. The share that is done and the time that is left follow the run. */
async function expectForetold(page: Page): Promise<void> {
  await expect(figure(page, "Data read")).toContainText(/of 256\sGiB/);
  await expect(figure(page, "Time left")).toHaveText(LEFT);
  const first = await figure(page, "Time left").innerText();
  await expect.poll(() => figure(page, "Time left").innerText()).not.toBe(first);
  const bar = page.getByRole("progressbar", { name: /^Progress/ });
  const share = Number(await bar.getAttribute("aria-valuenow"));
  await expect.poll(async () => Number(await bar.getAttribute("aria-valuenow"))).toBeGreaterThan(share);

  await page.getByRole("link", { name: "Dashboard" }).click();
  const work = page.getByRole("region", { name: "In progress" });
  const rateAndTime = work.getByText(/^[\d.]+\s[KMG]iB\/s · .+ left$/);
  await expect(rateAndTime).toBeVisible();
  const now = await rateAndTime.innerText();
  await expect.poll(() => rateAndTime.innerText()).not.toBe(now);
  await work.getByRole("link", { name: "endless data" }).click();
}

test("an unreadable file makes a warning that names it; the rest is in the recovery point", async ({ page }) => {
  // Given: a file of another user that the server may not read.
  const source = await server.folderFor("mixed");
  await writeFile(join(source, "readable.txt"), "yes");
  const secret = join(source, "of somebody else.key");
  await writeFile(secret, "no");
  await chown(secret, 65534, 65534);
  await chmod(secret, 0o600);
  const plan = await makePlan(api, { name: "mixed rights", source, pool: await server.folderFor("pool-mixed") });
  await signIn(page, server, ADMINISTRATOR);

  // When
  await runFromPlanPage(page, plan.id, "mixed rights");

  // Then
  await expect(page.getByText(/^Succeeded with warnings/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("heading", { name: /1 file is not in the recovery point/ })).toBeVisible();
  await expect(page.getByText(secret).first()).toBeVisible();
  await page.getByRole("link", { name: "Open the recovery point" }).click();
  await expect(page.getByText("Not everything is in this recovery point")).toBeVisible();
});

test("a full disk fails the run with the reason; after space is made the next run works", async ({ page }) => {
  // Given: a pool on a disk that is smaller than the data.
  const source = await server.folderFor("beyond");
  await writeFile(join(source, "data.bin"), randomBytes(48 * MIB));
  const pool = await server.folderFor("small-disk");
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", pool]);
  try {
    const plan = await makePlan(api, { name: "beyond the disk", source, pool });
    await signIn(page, server, ADMINISTRATOR);

    // When
    await runFromPlanPage(page, plan.id, "beyond the disk");

    // Then
    await expect(page.getByText("Failed: there is no new recovery point")).toBeVisible({ timeout: 60_000 });
    const outcome = page.getByRole("alert").filter({ hasText: "Failed" });
    await expect(outcome).toContainText(/space|full/i);
    await expect(outcome).toContainText("What to do:");

    // When: space is made
    execFileSync("mount", ["-o", "remount,size=256m", pool]);
    await page.getByRole("button", { name: "Run again" }).click();

    // Then
    await expect(page.getByText("Succeeded: everything is in the recovery point")).toBeVisible({ timeout: 60_000 });
  } finally {
    execFileSync("umount", ["-l", pool]);
  }
});
