import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { choose, type Identified, makePlan, notice, runPlan, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, program, Server } from "../support/server.ts";

const PASSWORD = "made elsewhere";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => signIn(page, server, ADMINISTRATOR));

function rempart(repository: string, ...command: string[]): string {
  const env = { ...process.env, REMPART_REPOSITORY: repository, REMPART_PASSWORD: PASSWORD };
  return execFileSync(program, [...command, "--no-cache"], { env, encoding: "utf8" });
}

/** A repository that was made and filled by the command line, where a server's repositories lie. */
async function madeElsewhere(pool: string, name: string): Promise<string> {
  const machine = (await api.get<{ items: { name: string }[] }>("/api/servers")).items[0]?.name ?? "";
  const repository = join(pool, machine, name);
  await mkdir(repository, { recursive: true });
  rempart(repository, "init");
  const source = await server.folderFor(`source-${name}`);
  await writeFile(join(source, "kept.txt"), "kept");
  rempart(repository, "backup", source);
  return repository;
}

async function maintain(page: Page, work: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: "Maintenance" }).click();
  await page.getByRole("menuitem", { name: work }).click();
}

/** The report of the job that was asked for on this page. */
async function jobSucceeds(page: Page, kind: string): Promise<void> {
  const panel = page.locator('[aria-live="polite"]').filter({ hasText: kind });
  await expect(panel.getByText("Succeeded", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await panel.getByRole("button", { name: "Close" }).click();
}

test("a repository that is already there is adopted with its password; a wrong one is refused at its field", async ({ page }) => {
  const pool = await server.folderFor("pool-adopted");
  await api.post("/api/pools", { name: "adopted", place: { kind: "local", path: pool } });
  await madeElsewhere(pool, "older");
  await page.goto(`${server.url}/repositories`);
  await page.getByRole("button", { name: "Add a repository" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radiogroup").getByText("Adopt", { exact: true }).click();
  await dialog.getByLabel(/^Name/).fill("older");
  await choose(dialog, /^Pool/, "adopted");
  await dialog.getByLabel(/^Repository password/).fill("not the password");
  await dialog.getByRole("button", { name: "Adopt" }).click();
  await expect(dialog.getByText("This password does not open the repository.")).toBeVisible();
  await expect(dialog.getByLabel(/^Repository password/)).toHaveAttribute("aria-invalid", "true");

  await dialog.getByLabel(/^Repository password/).fill(PASSWORD);
  await dialog.getByRole("button", { name: "Adopt" }).click();
  await expect(dialog.getByText("Keep this kit somewhere other than this machine")).toBeVisible();
  await dialog.getByRole("button", { name: "Confirm later" }).click();

  // Its recovery point appears by itself: the refresh is a job, and its end is an event.
  await expect(page.getByRole("heading", { level: 1, name: "older" })).toBeVisible();
  await page.locator("#content").getByRole("link", { name: "Recovery points" }).click();
  await expect(page.getByRole("table").getByRole("link")).toHaveCount(1, { timeout: 60_000 });
});

test("check, reading all data back, pruning, and reading the list again are done from the page", async ({ page }) => {
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.bin"), randomBytes(4 * 1024 * 1024));
  const plan = await makePlan(api, { name: "kept", source, pool: await server.folderFor("pool-kept") });
  expect((await runPlan(api, plan.id)).state).toBe("succeeded");
  const { repositoryId } = await api.get<{ repositoryId: number }>(`/api/plans/${plan.id}`);
  await page.goto(`${server.url}/repositories/${repositoryId}`);

  await maintain(page, /^Check the structure/);
  await jobSucceeds(page, "Check");
  await expect(page.getByText("Sound").first()).toBeVisible();

  await maintain(page, /^Read all data back/);
  await jobSucceeds(page, "Check");

  await maintain(page, /^Reclaim space/);
  await page.getByRole("dialog").getByRole("button", { name: "Reclaim space" }).click();
  await jobSucceeds(page, "Prune");

  await maintain(page, /^Read the list of points again/);
  await jobSucceeds(page, "Repository refresh");
});

test("damage is found by the check, and the page says what to do", async ({ page }) => {
  const source = await server.folderFor("to-be-damaged");
  await writeFile(join(source, "a.bin"), randomBytes(1024 * 1024));
  const plan = await makePlan(api, { name: "damaged", source, pool: await server.folderFor("pool-damaged") });
  await runPlan(api, plan.id);
  const { repositoryId } = await api.get<{ repositoryId: number }>(`/api/plans/${plan.id}`);
  const { path } = await api.get<{ path: string }>(`/api/repositories/${repositoryId}`);
  // Given: packs that were cut short
  const data = join(server.folder, "pool-damaged", path, "data");
  const packs = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(packs.length, `packs in ${data}`).toBeGreaterThan(0);
  for (const pack of packs) execFileSync("truncate", ["-s", "100", join(pack.parentPath, pack.name)]);

  await page.goto(`${server.url}/repositories/${repositoryId}`);
  await maintain(page, /^Check the structure/);
  await expect(page.getByText("The last check found damage")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/^Delete nothing\. Run a full check/)).toBeVisible();
  await page.goto(server.url);
  await expect(page.getByRole("link", { name: /damaged.*found damage/ })).toBeVisible();
});

test("a lock that a killed program left behind is removed", async ({ page }) => {
  const pool = await server.folderFor("pool-locked");
  const { id: poolId } = await api.post<Identified>("/api/pools", { name: "locked", place: { kind: "local", path: pool } });
  const repository = await madeElsewhere(pool, "locked");
  const serverId = (await api.get<{ items: Identified[] }>("/api/servers")).items[0]?.id;
  const { id } = await api.post<Identified>("/api/repositories", { name: "locked", poolId, serverId, adoptPassword: PASSWORD });

  // Given: a backup of the command line, killed while it waits for more of what it is given
  const env = { ...process.env, REMPART_REPOSITORY: repository, REMPART_PASSWORD: PASSWORD };
  const child = spawn(program, ["backup", "--stdin", "--no-cache"], { env, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise((done) => child.once("exit", done));
  await expect.poll(() => readdir(join(repository, "locks")), { message: "a lock", timeout: 30_000 }).not.toEqual([]);
  child.kill("SIGKILL");
  await ended;
  expect(await readdir(join(repository, "locks"))).toHaveLength(1);

  // When
  await page.goto(`${server.url}/repositories/${id}`);
  await maintain(page, /^Remove abandoned locks/);

  // Then
  await expect(notice(page, "1 lock removed")).toBeVisible();
  expect(await readdir(join(repository, "locks"))).toEqual([]);
});

test("a recovery kit can be had until it is confirmed, and is not shown again afterwards", async ({ page }) => {
  const source = await server.folderFor("kit");
  const plan = await makePlan(api, { name: "with kit", source, pool: await server.folderFor("pool-kit") });
  const { repositoryId } = await api.get<{ repositoryId: number }>(`/api/plans/${plan.id}`);
  await page.goto(`${server.url}/repositories/${repositoryId}`);
  await expect(page.getByText("Recovery kit not confirmed").first()).toBeVisible();
  await maintain(page, /^Recovery kit/);
  const dialog = page.getByRole("dialog");
  const code = await dialog.getByText("Confirmation code", { exact: true }).locator("xpath=following-sibling::*[1]").innerText();
  await dialog.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(dialog.getByText("Type the code that stands in the kit.")).toBeVisible();
  await expect(dialog.getByText("Put the kit away first, then tick.")).toBeVisible();
  await dialog.getByLabel("I have put this kit somewhere off this machine").check();
  await dialog.getByLabel("Type the confirmation code").fill("NOT-IT");
  await dialog.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(dialog.getByText("This code is not the one of the last recovery kit.")).toBeVisible();
  await dialog.getByLabel("Type the confirmation code").fill(code);
  await dialog.getByRole("button", { name: "Confirm", exact: true }).click();
  await expect(dialog).toBeHidden();

  await expect(page.getByText("Recovery kit not confirmed")).toHaveCount(0);
  await page.getByRole("button", { name: "Maintenance" }).click();
  const again = page.getByRole("menuitem", { name: /^Recovery kit/ });
  await expect(again).toBeDisabled();
  await expect(again).toContainText("it is not shown again");
});

test("a restic client is added; its password is shown once, and it works", async ({ page }) => {
  const source = await server.folderFor("client-source");
  const plan = await makePlan(api, { name: "clients", source, pool: await server.folderFor("pool-clients") });
  const { repositoryId } = await api.get<{ repositoryId: number }>(`/api/plans/${plan.id}`);
  await page.goto(`${server.url}/repositories/${repositoryId}`);
  await page.getByRole("button", { name: "Add a client" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByLabel(/^Name/)).toHaveAttribute("aria-invalid", "true");
  await dialog.getByLabel(/^Name/).fill("laptop");
  await dialog.getByLabel(/^Quota/).fill("5");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const shown = (label: string) => dialog.getByText(label, { exact: true }).locator("xpath=following::pre[1]").innerText();
  const password = await shown("Client password");
  const address = new URL((await shown("Repository address")).replace(/^rest:/, ""));
  const answer = (credentials: string) =>
    fetch(`${server.url}${address.pathname}config`, {
      method: "HEAD",
      headers: { Authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
    });
  expect((await answer(`laptop:${password}`)).status).toBe(200);
  expect((await answer("laptop:wrong")).status).toBe(401);
  await dialog.getByRole("button", { name: "I have copied everything" }).click();

  await expect(page.getByRole("cell", { name: "laptop", exact: true })).toBeVisible();
  await expect(page.getByRole("cell", { name: "5 GiB" })).toBeVisible();
  await page.getByRole("button", { name: "Remove laptop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No client yet.")).toBeVisible();
  // The server remembers for a few seconds whom it has let in.
  await expect.poll(async () => (await answer(`laptop:${password}`)).status).toBe(401);
});
