import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { signIn } from "../support/app.ts";
import { expectAccessible, expectNoSidewaysScroll } from "../support/axe.ts";
import { afterYearOfLooks } from "../support/history.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

const SCREENSHOTS = resolve(import.meta.dirname, "../../../.cache/test/screenshots");

async function localServer(): Promise<number> {
  const { items } = await api.get<{ items: { id: number }[] }>("/api/servers");
  return items[0]?.id ?? 0;
}

test("a machine is looked at by itself, and its page says how it does, how it did and what can be protected", async ({ page }) => {
  const path = `/servers/${await localServer()}`;
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}${path}`);
  const figures = page.getByRole("region", { name: "Figures" });

  await test.step("nobody has pressed anything: the figures of the first look are there", async () => {
    await expect(figures.getByText(/^Looked at/)).toBeVisible();
    await expect(figures.getByText(/^Load [\d.]+ · [\d.]+ · [\d.]+$/)).toBeVisible();
    await expect(figures.getByText("/", { exact: true })).toBeVisible();
    await expect(figures.getByText(/^\d+ cores?$/)).toBeVisible();
    await expect(figures.getByText(/^[\d.]+%$/).first()).toBeVisible();
  });

  await test.step("history, over each span", async () => {
    const history = page.getByRole("region", { name: "History" });
    for (const [range, hint] of [["Week", /Hourly means of the last seven/], ["Year", /Daily means/], ["Day", /Every look/]] as const) {
      await history.getByText(range, { exact: true }).click();
      await expect(history.getByText(hint)).toBeVisible();
      await expect(history.getByRole("img", { name: /^Processor and memory over time\. Last: Processor: .*%; Memory: .*%/ })).toBeVisible();
    }
    await expect(history.getByRole("img", { name: /^Disks over time\. Last: .*\/: .*%/ })).toBeVisible();
  });

  await test.step("what can be protected was found out without asking, and is found out again", async () => {
    const abilities = page.getByRole("region", { name: "What can be protected" });
    // The tests themselves need PostgreSQL's programs.
    await expect(abilities.getByText(/^psql\s\d/)).toBeVisible({ timeout: 60_000 });
    await expect(abilities.getByRole("heading", { name: "Databases" })).toBeVisible();
    await expect(abilities.getByText(/No file system lies on LVM or btrfs|snapshot/).first()).toBeVisible();
    const before = await api.get<{ takenAt: string }>(`/api${path}/capabilities`);
    await abilities.getByRole("button", { name: "Look again" }).click();
    await expect.poll(async () => (await api.get<{ takenAt: string }>(`/api${path}/capabilities`)).takenAt > before.takenAt, { timeout: 60_000 }).toBe(true);
    await expect(abilities.getByRole("button", { name: "Look again" })).toBeEnabled();
  });

  await expectAccessible(page);
  await page.screenshot({ path: join(SCREENSHOTS, "machine-1440.png"), fullPage: true });
});

test("a disk above its threshold raises an alert, live, on the page and on the dashboard, and it ends", async ({ page }) => {
  const path = `/servers/${await localServer()}`;
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}${path}`);

  await test.step("the machine gets its own thresholds", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Alert thresholds" }).click();
    const dialog = page.getByRole("dialog", { name: /^Alerts of/ });
    await dialog.getByRole("switch", { name: /^Its own thresholds/ }).click();
    await dialog.getByLabel("Disk", { exact: true }).fill("5");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByLabel("Disk", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel("Disk", { exact: true }).fill("10");
    await dialog.getByLabel("Processor", { exact: true }).fill("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    const kept = await api.get<{ own: { diskPercent: number; cpuPercent: number | null } }>(`/api${path}/thresholds`);
    expect(kept.own).toMatchObject({ diskPercent: 10, cpuPercent: null });
  });

  const alert = page.getByRole("alert").filter({ hasText: /% full \(threshold: 10\s%\)/ }).first();
  await test.step("somebody else has it looked at: this page hears of it", async () => {
    await expect(alert).toBeHidden();
    await api.post(`/api${path}/collect-stats`);
    await expect(alert).toBeVisible();
    await page.screenshot({ path: join(SCREENSHOTS, "machine-alert-1440.png") });
  });

  await test.step("the dashboard says so too, and leads here", async () => {
    await page.goto(server.url);
    await page.getByRole("link", { name: /% full \(threshold/ }).first().click();
    await expect(alert).toBeVisible();
  });

  await test.step("as everywhere again, where no disk is watched: it is over", async () => {
    const defaults = await api.get<{ version: number }>("/api/settings/thresholds");
    const none = { cpuPercent: null, memoryPercent: null, diskPercent: null, diskFullDays: null };
    await api.put("/api/settings/thresholds", defaults, none);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Alert thresholds" }).click();
    const dialog = page.getByRole("dialog", { name: /^Alerts of/ });
    await dialog.getByRole("switch", { name: /^Its own thresholds/ }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await page.getByRole("button", { name: "Look now" }).click();
    await expect(alert).toBeHidden();
    await expect(page.getByRole("region", { name: "Alerts that are over" })).toBeVisible();
  });
});

test("the settings' thresholds are changed on their page", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/settings`);
  const section = page.getByRole("region", { name: "Alerts of servers" });
  await section.getByLabel("Disk full within", { exact: true }).fill("30");
  await section.getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await api.get<{ thresholds: { diskFullDays: number } }>("/api/settings/thresholds")).thresholds.diskFullDays).toBe(30);
  await expect(section.getByLabel("Disk full within", { exact: true })).toHaveValue(/^30/);
});

test("after a year each span has its lines, broken where the machine was away, wide and on a phone", async ({ page }) => {
  await afterYearOfLooks(server);
  // Lines are there at once.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/servers/${await localServer()}`);
  const history = page.getByRole("region", { name: "History" });
  const disks = history.getByRole("img", { name: /^Disks over time\./ });

  // The fullest, as many as can be told apart, with how full they were last.
  await history.getByText("Year", { exact: true }).click();
  await expect(disks).toHaveAccessibleName(
    /Last: \/srv\/backup\/second-disk: 9[23]%; \/var\/lib\/postgresql\/16\/main: 8[78]%; \/mnt\/archives\/customers\/europe: 8[12]%/,
  );
  await expect(disks).toHaveAccessibleName(/^(?:[^;]+;){4}[^;]+$/);

  const picture = async (name: string) => {
    await expect(disks.locator("canvas")).toBeVisible();
    await history.screenshot({ path: join(SCREENSHOTS, `history-${name}.png`) });
  };
  for (const range of ["Year", "Month", "Week", "Day"]) {
    await history.getByText(range, { exact: true }).click();
    await picture(`1440-${range.toLowerCase()}`);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await history.getByText("Year", { exact: true }).click();
  await picture("390-year");
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test.describe("on a phone, in the dark", () => {
  test.use({ viewport: { width: 390, height: 844 }, colorScheme: "dark" });

  // Last: the language that is chosen belongs to the account from then on.
  test("the page fits and is readable, in French", async ({ page }) => {
    await signIn(page, server, ADMINISTRATOR);
    await page.goto(`${server.url}/servers/${await localServer()}`);
    await page.getByRole("button", { name: `Menu of ${ADMINISTRATOR.name}` }).click();
    await page.getByText("Français").first().click();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("region", { name: "Mesures" }).getByText(/^Relevées/)).toBeVisible();
    await expect(page.getByRole("region", { name: "Ce qui peut être protégé" }).getByText(/^psql\s\d/)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.screenshot({ path: join(SCREENSHOTS, "machine-390-dark.png"), fullPage: true });
  });
});
