import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { choose, makePlan, runPlan, scrollTo, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

interface Plan {
  id: number;
  version: number;
  name: string;
  sources: object;
  schedule: { cron: string; timeZone: string; missed: string } | null;
  retention: Record<string, unknown> | null;
  compression: string;
  tags: string[];
  priority: number;
  maxRetries: number;
  enabled: boolean;
  verifyAfterRun: boolean;
  [more: string]: unknown;
}

let server: Server;
let api: Api;
let source: string;
let existing: Plan;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  source = await server.folderFor("documents");
  await writeFile(join(source, "kept.txt"), "kept");
  await writeFile(join(source, "left.tmp"), "left out");
  const { id } = await makePlan(api, { name: "existing", source, pool: await server.folderFor("pool") });
  existing = await api.get<Plan>(`/api/plans/${id}`);
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => signIn(page, server, ADMINISTRATOR));

test("every field of a plan is set in the editor, and is what the server keeps", async ({ page }) => {
  await page.goto(`${server.url}/plans`);
  await page.getByRole("button", { name: "Create a plan" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Create a plan" })).toBeVisible();

  await test.step("what", async () => {
    await page.getByLabel(/^Name/).fill("Everything set");
    await page.getByRole("button", { name: "Browse…" }).click();
    const explorer = page.getByRole("dialog");
    for (const folder of source.split("/").filter(Boolean).slice(0, -1)) {
      const row = explorer.getByRole("button", { name: `Open folder ${folder}`, exact: true });
      await scrollTo(explorer.getByRole("group", { name: /^Contents of/ }), row);
      await row.click();
    }
    await explorer.getByRole("checkbox", { name: "Choose documents" }).check();
    await expect(explorer.getByText("1 item chosen")).toBeVisible();
    await explorer.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText(source, { exact: true })).toBeVisible();
    await page.getByRole("combobox", { name: "Exclusions" }).fill("*.tmp");
    await page.getByRole("combobox", { name: "Exclusions" }).press("Enter");
  });
  await test.step("where", () => choose(page, "Repository", /^existing/));
  await test.step("when: on some days, with the next runs as the scheduler computes them", async () => {
    await page.getByLabel("How often").selectOption("Some days");
    await page.getByLabel("Time", { exact: true }).fill("04:15");
    for (const day of ["Tue", "Thu"]) await page.getByRole("group", { name: "Days" }).getByText(day, { exact: true }).click();
    await page.getByLabel("If the server was down").selectOption("Only report it");
    await expect(page.getByText(/04:15/).nth(2)).toBeVisible();
  });
  await test.step("retention: a ladder of one's own, told in a sentence", async () => {
    await page.getByLabel("For how long?").selectOption("Choose yourself");
    await page.getByLabel("Daily").fill("10");
    await page.getByLabel("All within").fill("2 weeks");
    await expect(page.getByText("Such as 14d, 6m or 1y6m.")).toBeVisible();
    await page.getByLabel("All within").fill("14d");
    await expect(page.getByText(/one a day for 10 days/)).toBeVisible();
  });
  await test.step("options", async () => {
    await page.getByRole("button", { name: "Options" }).click();
    await page.getByLabel("Verify after every run").uncheck();
    await page.getByLabel("Stay on the same file system").check();
    await page.getByLabel("Compression").selectOption("Maximum");
    await page.getByLabel(/^Leave out files larger than/).fill("1.5");
    await page.getByLabel("Retries").fill("4");
    await page.getByLabel("Priority").fill("-3");
    await page.getByRole("combobox", { name: "Tags" }).fill("tested");
    await page.getByRole("combobox", { name: "Tags" }).press("Enter");
  });
  await page.getByRole("button", { name: "Create a plan" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Everything set" })).toBeVisible();

  const id = Number(/\/plans\/(\d+)$/.exec(page.url())?.[1]);
  const kept = await api.get<Plan>(`/api/plans/${id}`);
  expect(kept).toMatchObject({
    name: "Everything set",
    enabled: true,
    sources: {
      folders: [source],
      excludes: ["*.tmp"],
      excludeCaches: true,
      oneFileSystem: true,
      excludeLargerThanBytes: 1.5 * 1024 * 1024,
    },
    schedule: { cron: "15 4 * * 1,3,5", timeZone: "Europe/Paris", missed: "report" },
    retention: { last: 0, hourly: 0, daily: 10, weekly: 4, monthly: 12, quarterly: 0, yearly: 0, within: "14d" },
    compression: "max",
    tags: ["tested"],
    priority: -3,
    maxRetries: 4,
    verifyAfterRun: false,
  });
  const run = await runPlan(api, id);
  expect(run.state, run.message ?? "").toBe("succeeded");
  await page.goto(`${server.url}/snapshots/${run.snapshotId}`);
  await page.getByRole("button", { name: "Open folder documents" }).click();
  await expect(page.getByText("kept.txt")).toBeVisible();
  await expect(page.getByText("left.tmp")).toHaveCount(0);
});

test("an incomplete plan is not sent: each field that is missing says so", async ({ page }) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/api/plans")) sent.push(request.url());
  });
  await page.goto(`${server.url}/plans/new`);
  await page.getByRole("button", { name: "Create a plan" }).click();
  await expect(page.getByLabel(/^Name/)).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText("Choose at least one folder or file.")).toBeVisible();
  await expect(page.getByText("Choose a repository.", { exact: true })).toBeVisible();
  await expect(page.getByText("Something is still missing: the marked fields say what.")).toBeVisible();
  expect(sent).toEqual([]);
});

test("what the server refuses stands at its field: a name that is taken, a cron expression that never comes, a bad tag", async ({ page }) => {
  await page.goto(`${server.url}/plans/${existing.id}/edit`);
  await page.getByLabel("How often").selectOption("Cron expression");
  const cron = page.getByRole("textbox", { name: "Cron expression" });
  await cron.fill("0 4 31 2 *");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(cron).toHaveAttribute("aria-invalid", "true");
  await cron.fill("0 4 * * *");
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByRole("combobox", { name: "Tags" }).fill("x".repeat(101));
  await page.getByRole("combobox", { name: "Tags" }).press("Enter");
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  // The fold opens again: a complaint that is hidden is none.
  await expect(page.getByRole("combobox", { name: "Tags" })).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("combobox", { name: "Tags" })).toBeVisible();

  await page.goto(`${server.url}/plans/new`);
  await page.getByLabel(/^Name/).fill("existing");
  await page.getByLabel("Type an absolute path").fill(source);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await choose(page, "Repository", /^existing/);
  await page.getByRole("button", { name: "Create a plan" }).click();
  await expect(page.getByLabel(/^Name/)).toHaveAttribute("aria-invalid", "true");
});

test("a change by somebody else meanwhile is told; what is being typed stays until the current version is asked for", async ({ page }) => {
  await page.goto(`${server.url}/plans/${existing.id}/edit`);
  await page.getByLabel(/^Name/).fill("typed here");

  // When: a colleague saves first
  const before = await api.get<Plan>(`/api/plans/${existing.id}`);
  await api.put(`/api/plans/${existing.id}`, before, written({ ...before, name: "renamed by a colleague" }));

  // Then
  await expect(page.getByText("Somebody else has changed this in the meantime.")).toBeVisible();
  await expect(page.getByLabel(/^Name/)).toHaveValue("typed here");
  await page.getByRole("button", { name: "Save" }).click();
  expect((await api.get<Plan>(`/api/plans/${existing.id}`)).name).toBe("renamed by a colleague");
  await page.getByRole("button", { name: "Load the current version" }).click();
  await expect(page.getByLabel(/^Name/)).toHaveValue("renamed by a colleague");
  await page.getByLabel(/^Name/).fill("existing");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "existing" })).toBeVisible();
});

/** What is written back of a plan that was read. */
function written(plan: Plan): object {
  const { name, serverId, repositoryId, enabled, sources, schedule, retention } = plan;
  const { compression, tags, priority, maxRetries, verifyAfterRun } = plan;
  const first = { name, serverId, repositoryId, enabled, sources, schedule, retention };
  return { ...first, compression, tags, priority, maxRetries, verifyAfterRun };
}

test("a plan is paused, resumed and deleted; its recovery points stay", async ({ page }) => {
  const { id } = await makePlan(api, { name: "to be deleted", source, pool: await server.folderFor("pool-deleted") });
  await runPlan(api, id);
  await page.goto(`${server.url}/plans/${id}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused").first()).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("Protected").first()).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog.getByText("What you typed does not match yet.")).toBeVisible();
  await dialog.getByLabel(/^To confirm/).fill("to be deleted");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Plans" })).toBeVisible();
  await expect(page.getByRole("link", { name: /to be deleted/ })).toHaveCount(0);
  const kept = await api.get<{ total: number }>("/api/snapshots?q=");
  expect(kept.total).toBeGreaterThan(0);
});
