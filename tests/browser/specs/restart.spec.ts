import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { makePlan, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

const MIB = 1024 * 1024;
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
  // Given: a run that cannot be over before the server is killed
  const source = await server.folderFor("large");
  for (let part = 0; part < 12; part++) await writeFile(join(source, `part-${part}.bin`), randomBytes(64 * MIB));
  const plan = await makePlan(api, { name: "large data", source, pool: await server.folderFor("pool") });
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/plans/${plan.id}`);
  await page.getByRole("button", { name: "Run now: large data" }).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await expect(page.getByRole("progressbar").first()).toBeVisible();
  const runId = Number(/\d+$/.exec(page.url())?.[0]);
  let loads = 0;
  page.on("load", () => loads++);

  // When
  await server.kill();

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
