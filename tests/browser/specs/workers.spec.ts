import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Locator, test } from "@playwright/test";
import { makePlan, notice, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

const state = (card: Locator, word: string) =>
  expect(card.getByText(word, { exact: true })).toBeVisible({ timeout: 30_000 });

test("workers are stopped, started, restarted, and their logs read; jobs wait for them and are lost by none", async ({ page }) => {
  const source = await server.folderFor("documents");
  await writeFile(join(source, "a.txt"), "a");
  const plan = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/workers`);
  const cards = page.getByRole("article");
  await expect(cards.first()).toBeVisible();
  const count = await cards.count();

  await test.step("all are stopped, after their current job or at once", async () => {
    for (let at = 0; at < count; at++) {
      const card = cards.nth(at);
      await card.getByRole("button", { name: "Stop" }).click();
      const dialog = page.getByRole("dialog");
      if (at % 2 === 1) await dialog.getByLabel("At once").check();
      await dialog.getByRole("button", { name: "Stop" }).click();
      await state(card, "Stopped");
      await expect(card.getByRole("button", { name: "Stop" })).toHaveAttribute("aria-disabled", "true");
    }
  });

  const { runId } = await api.post<{ runId: number }>(`/api/plans/${plan.id}/execute`);
  await test.step("a run then waits, and the page says for what", async () => {
    await page.goto(`${server.url}/runs/${runId}`);
    await expect(page.getByText("Waits for a free worker.")).toBeVisible();
  });

  await test.step("one is started, and does it", async () => {
    await page.goto(`${server.url}/workers`);
    await cards.first().getByRole("button", { name: "Start", exact: true }).click();
    await expect(notice(page, /was told$/)).toBeVisible();
    await expect.poll(async () => (await api.get<{ state: string }>(`/api/runs/${runId}`)).state, { timeout: 60_000 }).toBe("succeeded");
    await state(cards.first(), "Idle");
  });

  await test.step("it is restarted, and its log tells of each start", async () => {
    const name = await cards.first().getAttribute("aria-label");
    const starts = async () => {
      const { items } = await api.get<{ items: { text: string }[] }>(`/api/workers/${name}/logs`);
      return items.filter(({ text }) => text === "Started.").length;
    };
    // The server's own, and the one that was asked for.
    await expect.poll(starts).toBe(2);
    await cards.first().getByRole("button", { name: "Restart" }).click();
    await expect.poll(starts).toBe(3);
    await state(cards.first(), "Idle");
    await cards.first().getByRole("button", { name: "Log" }).click();
    const log = page.getByRole("region", { name: "Log" });
    await expect(log.getByText("Started.", { exact: true })).toHaveCount(3);
  });
});
