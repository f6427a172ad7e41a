import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CDPSession, expect, type Page, test } from "@playwright/test";
import { runPlan, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";
import { afterYears } from "../support/years.ts";

const PAGE_ROWS = 50;
/** Asked for before they are reached. */
const AHEAD_ROWS = 15;
/** What is in sight, and a little above and below it. */
const MOST_ROWS_IN_DOCUMENT = 60;
const SCROLLED_ROWS = 3_000;

let server: Server;
let api: Api;
let planId: number;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  planId = await afterYears(server, api, source);
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => signIn(page, server, ADMINISTRATOR));

/** The addresses by which a list's pages are asked for, in order. */
function pagesOf(page: Page, list: string): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const address = new URL(request.url());
    if (address.pathname === `/api/${list}`) asked.push(address.search);
  });
  return asked;
}

const rows = (page: Page) => page.getByRole("table").locator('[role="row"][aria-rowindex]');

const lastRow = (page: Page) =>
  rows(page).evaluateAll((found) => Math.max(...found.map((row) => Number(row.getAttribute("aria-rowindex")))) - 1);

/** Scrolls to the end of what is there, again and again, as somebody does who looks for something old. */
async function scrollThrough(page: Page, until: number): Promise<void> {
  let reached = 0;
  while (reached < until) {
    await page.evaluate(() => window.scrollTo({ top: document.documentElement.scrollHeight }));
    await expect.poll(() => lastRow(page), { message: `a row after number ${reached}`, intervals: [20] }).toBeGreaterThan(reached);
    reached = await lastRow(page);
    expect(await rows(page).count(), `rows in the document at row ${reached}`).toBeLessThan(MOST_ROWS_IN_DOCUMENT);
  }
}

/** What the page holds once everything that nothing refers to is gone. */
async function held(devtools: CDPSession): Promise<{ nodes: number; heapMib: number }> {
  await devtools.send("HeapProfiler.collectGarbage");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { nodes: of("Nodes"), heapMib: of("JSHeapUsedSize") / 1024 / 1024 };
}

for (const [list, title, total, rowCount] of [
  // Runs are counted up to a limit; of recovery points each repository keeps count.
  ["runs", "Runs", "10,000 items or more", "-1"],
  ["snapshots", "Recovery points", "100,001 items", "100002"],
] as const) {
  test(`${list}: of 100,000 rows only those in sight are in the document, and only the pages that are reached are asked for`, async ({ page }) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const asked = pagesOf(page, list);
    await page.goto(`${server.url}/${list}`);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
    await expect(page.getByRole("status").filter({ hasText: total })).toBeVisible();
    await expect(page.getByRole("table")).toHaveAttribute("aria-rowcount", rowCount);
    await expect.poll(() => rows(page).count()).toBeGreaterThan(10);
    expect(await rows(page).count()).toBeLessThan(MOST_ROWS_IN_DOCUMENT);
    expect(asked, "pages asked for by a list that is only looked at").toHaveLength(1);
    const before = await held(devtools);

    await scrollThrough(page, SCROLLED_ROWS);

    const needed = Math.ceil(((await lastRow(page)) + AHEAD_ROWS) / PAGE_ROWS);
    expect(asked.length, `pages of ${PAGE_ROWS} rows`).toBeLessThanOrEqual(needed + 1);
    expect(new Set(asked).size, "no page is asked for twice").toBe(asked.length);
    const after = await held(devtools);
    expect(after.nodes, `nodes, of ${before.nodes} at first`).toBeLessThan(2 * before.nodes);
    // 3,000 rows of data, and what renders 60 of them.
    expect(after.heapMib - before.heapMib, "mebibytes more than at first").toBeLessThan(30);
  });
}

test("a long list is not loaded anew by what happens meanwhile: it says so, and shows it when asked", async ({ page }) => {
  const asked = pagesOf(page, "runs");
  await page.goto(`${server.url}/runs`);
  await expect(rows(page).first()).toBeVisible();
  await scrollThrough(page, 600);
  const before = asked.length;

  const run = await runPlan(api, planId);

  await expect(page.getByText("This list has changed since it was loaded.")).toBeVisible();
  expect(asked, "pages asked for while it stood still").toHaveLength(before);
  await page.getByRole("button", { name: "Show it as it is now" }).click();
  await expect(page.getByRole("table").getByText(`Run no. ${run.id} `)).toBeVisible();
  // Its first page, and again if something has happened meanwhile; never the others that were there.
  expect(asked.length - before, "pages asked for").toBeLessThanOrEqual(3);
});

test("what is looked for among 100,000 is found by the server", async ({ page }) => {
  const asked = pagesOf(page, "snapshots");
  await page.goto(`${server.url}/snapshots`);
  await expect(rows(page).nth(10)).toBeVisible();
  await page.getByRole("searchbox").fill("number-4242");
  // Its own, and those of number-42420 to number-42429.
  await expect(page.getByRole("status").filter({ hasText: /^11 items$/ })).toBeVisible();
  expect(asked.length, "questions asked").toBeLessThan(5);

  await page.goto(`${server.url}/runs?state=failed`);
  await expect(page.getByRole("status").filter({ hasText: /^2,000 items$/ })).toBeVisible();
  await expect(page.getByRole("table").getByText("Failed", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("table").getByText("Succeeded", { exact: true })).toHaveCount(0);
});
