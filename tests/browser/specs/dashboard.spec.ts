import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
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
