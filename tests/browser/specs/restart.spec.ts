import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { makePlan, signIn } from "../support/app.ts";
import { EndlessFolder } from "../support/endless.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

/** The lease of a worker that died has to run out before its job is taken up again. */
const LEASE_MS = 120_000;

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

test("a server that is killed during a backup: the page says so, comes back by itself, and shows how it ended", async ({ page }) => {
  test.setTimeout(4 * LEASE_MS);
  // Given: a run that cannot be over before the server is killed.
  const endless = await EndlessFolder.over(await server.folderFor("endless"));
  const plan = await makePlan(api, { name: "endless data", source: endless.path, pool: await server.folderFor("pool") });
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/plans/${plan.id}`);
  await page.getByRole("button", { name: "Run now: endless data" }).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await expect(page.getByRole("progressbar").first()).toBeVisible();
  const runId = Number(/\d+$/.exec(page.url())?.[0]);
  let loads = 0;
  page.on("load", () => loads++);

  // When: what is left to read afterwards has an end.
  await server.kill();
  endless.end();
  await writeFile(join(endless.path, "small.txt"), "small");

  // Then
  await expect(page.getByText(/^The connection to the server is lost/)).toBeVisible();
  await server.startAgain();
  await expect(page.getByText(/^The connection to the server is lost/)).toBeHidden({ timeout: 60_000 });
  await expect(page.getByText(/^(Succeeded: everything is in the recovery point|Failed: there is no new recovery point)/)).toBeVisible({
    timeout: 2 * LEASE_MS,
  });
  const run = await api.get<{ state: string; snapshotId: number | null }>(`/api/runs/${runId}`);
  const shown = run.state === "succeeded" ? "Succeeded: everything is in the recovery point" : "Failed: there is no new recovery point";
  await expect(page.getByText(shown)).toBeVisible();
  expect(run.state === "succeeded", "a recovery point exactly when the run succeeded").toBe(run.snapshotId !== null);
  expect(loads, "the page was loaded anew").toBe(0);
});
