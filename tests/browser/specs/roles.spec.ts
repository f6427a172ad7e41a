import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { makePlan, runPlan, signIn } from "../support/app.ts";
import { Api, Server } from "../support/server.ts";

const VIEWER = { name: "victor", password: "only looks at the pages" };

let server: Server;
let planId: number;
let snapshotId: number;

test.beforeAll(async () => {
  server = await Server.start();
  const api = await Api.setUp(server);
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  planId = (await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") })).id;
  const run = await runPlan(api, planId);
  expect(run.state, run.message ?? "").toBe("succeeded");
  snapshotId = run.snapshotId ?? 0;
  await api.post("/api/users", { ...VIEWER, role: "viewer", email: null });
});

test.afterAll(() => server?.stop());

test("a viewer sees plans, runs and snapshots, and every button that changes something says why it cannot", async ({ page }) => {
  await signIn(page, server, VIEWER);
  await expect(page.getByText("Are we protected?")).toBeVisible();

  await page.goto(`${server.url}/plans/${planId}`);
  for (const name of ["Run now: documents", "Edit", "Pause", "Delete"]) {
    const button = page.getByRole("button", { name, exact: true });
    await expect(button).toHaveAttribute("aria-disabled", "true");
    await button.focus();
    await expect(button).toHaveAccessibleDescription(/Viewer/);
  }

  await page.goto(`${server.url}/snapshots/${snapshotId}`);
  await expect(page.getByRole("button", { name: "Restore everything" })).toHaveAttribute("aria-disabled", "true");
});

test("a viewer finds no administration, and its addresses do not open", async ({ page }) => {
  await signIn(page, server, VIEWER);
  await expect(page.getByRole("link", { name: "Users" })).toHaveCount(0);
  for (const path of ["/users", "/settings", "/workers", "/plans/new"]) {
    await page.goto(`${server.url}${path}`);
    await expect(page.getByText("Your role does not open this page")).toBeVisible();
  }
});

test("what a viewer's page would send is refused by the server too", async () => {
  const viewer = await Api.signIn(server, VIEWER);
  await expect(viewer.post(`/api/plans/${planId}/execute`)).rejects.toThrow(/403/);
  await expect(viewer.post(`/api/snapshots/${snapshotId}/restore`)).rejects.toThrow(/403/);
});
