import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Locator, test } from "@playwright/test";
import { makePlan, runPlan, signIn } from "../support/app.ts";
import { EndlessFolder } from "../support/endless.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

test("are we protected? The answer follows what happens, without a reload", async ({ page }) => {
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  const { id } = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  await signIn(page, server, ADMINISTRATOR);
  let loads = 0;
  page.on("load", () => loads++);

  await expect(page.getByText("Not yet: 1 plan has never run.")).toBeVisible();
  await expect(page.getByRole("img", { name: "documents, last 30 days: no run" })).toBeVisible();

  await runPlan(api, id);
  await expect(page.getByText("Yes. Every plan has an up-to-date recovery point.")).toBeVisible();
  await expect(page.getByRole("img", { name: "documents, last 30 days: Succeeded 1" })).toBeVisible();

  await test.step("what asks for a person leads to where it is mended", async () => {
    const alert = page.getByRole("link", { name: /recovery kit/i });
    await expect(alert).toBeVisible();
    await alert.click();
    await expect(page.getByText("Recovery kit not confirmed").first()).toBeVisible();
    await page.goBack();
  });

  await test.step("storage is measured when it is asked for, and its figures follow", async () => {
    await expect(page.getByText("The curve has a point for each day: it begins tomorrow.")).toBeVisible();
    await page.locator("#content").getByRole("link", { name: "pool of documents" }).click();
    const used = page.locator("dl > div").filter({ has: page.getByText("Used by repositories", { exact: true }) }).locator("dd");
    const before = await used.innerText();
    await writeFile(join(source, "b.bin"), randomBytes(1024 * 1024));
    await runPlan(api, id);
    await page.getByRole("button", { name: "Analyse" }).click();
    await expect(used).not.toHaveText(before);
    await expect(used).toHaveText(/^1(\.\d+)?\sMiB$/);
    await page.getByRole("link", { name: "Dashboard" }).click();
  });

  await test.step("work in progress is shown with its rate, and disappears when it is over", async () => {
    const endless = await EndlessFolder.over(await server.folderFor("endless"));
    try {
      const plan = await makePlan(api, { name: "endless data", source: endless.path, pool: await server.folderFor("pool-endless") });
      const { runId } = await api.post<{ runId: number }>(`/api/plans/${plan.id}/execute`);
      const work = page.getByRole("region", { name: "In progress" });
      await expect(work.getByRole("progressbar", { name: "Progress: endless data" })).toBeVisible();
      await expect(work.getByText(/^[1-9][\d.,]*\s[KMG]iB\/s/)).toBeVisible();
      await expect(page.getByRole("link", { name: "1 job in progress" })).toBeVisible();
      await api.post(`/api/runs/${runId}/cancel`);
      await expect(work).toHaveCount(0);
      await expect(page.getByRole("link", { name: "No work in progress" })).toBeVisible();
    } finally {
      endless.end();
    }
  });
  expect(loads, "the page was loaded anew").toBe(0);
});

test("the growth of storage is drawn, on the dashboard day by day and on the pool's page, and told in words", async ({ page }) => {
  // Given: a pool with a mebibyte, that was measured on each of the last ten days too.
  const source = await server.folderFor("growing");
  await writeFile(join(source, "a.bin"), randomBytes(1024 * 1024));
  const plan = await makePlan(api, { name: "growing", source, pool: await server.folderFor("pool-growing") });
  await runPlan(api, plan.id);
  const pools = await api.get<{ items: { id: number }[] }>("/api/pools?q=growing");
  const pool = pools.items[0]?.id ?? 0;
  await server.halt();
  const catalog = join(server.folder, "data", "catalog.sqlite");
  execFileSync("python3", ["-c", MEASURED, catalog, String(pool), "10"], { stdio: "inherit" });
  await server.startAgain();
  await signIn(page, server, ADMINISTRATOR);

  const colours = (chart: Locator) =>
    chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const seen = new Set<string>();
      for (let at = 0; at < pixels.length; at += 4) if ((pixels[at + 3] ?? 0) > 250) seen.add(`${pixels[at]},${pixels[at + 1]},${pixels[at + 2]}`);
      return [...seen];
    });
  // The first line's colour in a light page, as the chart's palette has it.
  const LINE = "81,87,184";

  await test.step("on the dashboard", async () => {
    const chart = page.getByRole("img", { name: /^Storage growth\. .*pool of growing: 1(\.\d+)?\sMiB on / });
    await expect(chart).toBeVisible();
    await expect.poll(() => colours(chart)).toContain(LINE);
  });

  await test.step("on the pool's page, with the figure under the pointer", async () => {
    await page.goto(`${server.url}/pools/${pool}`);
    const chart = page.getByRole("img", { name: /^Storage growth\. pool of growing: 1(\.\d+)?\sMiB on / });
    await expect.poll(() => colours(chart)).toContain(LINE);
    const box = await chart.boundingBox();
    await chart.hover({ position: { x: (box?.width ?? 0) / 2, y: (box?.height ?? 0) / 2 } });
    await expect(chart.getByText(/^[3-7]00\sKiB$/)).toBeVisible();
  });
});

/** A hundred kibibytes more on each day before today: as the analysis of a pool writes it. */
const MEASURED = `
import sqlite3, sys, time
file, pool, days = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
now = int(time.time() * 1000)
with sqlite3.connect(file) as db:
    db.executemany(
        "INSERT INTO pool_samples (pool_id, at, used_bytes, capacity_bytes, free_bytes) VALUES (?, ?, ?, ?, ?)",
        ((pool, now - (days - day) * 86_400_000, day * 102_400, 2**40, 2**39) for day in range(1, days)))
`;
