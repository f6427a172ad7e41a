import { createHmac } from "node:crypto";
import { expect, type Page, test } from "@playwright/test";
import { notice, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

const CLAIRE = { name: "totp-claire", password: "another row of plain words" };
const NEW_PASSWORD = "yet another row of words";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  await api.post("/api/users", { ...CLAIRE, role: "operator", email: null });
});

test.afterAll(() => server?.stop());

/** RFC 6238 with SHA-1, six digits, thirty seconds: what an authenticator app computes. */
function totp(secret: string, atMs: number): string {
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}

async function enterPassword(page: Page, password: string): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.getByLabel(/^User name/).fill(CLAIRE.name);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: `Menu of ${CLAIRE.name}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

test("a wrong password says no more than that, and leads nowhere", async ({ page }) => {
  await enterPassword(page, "wrong in every word");
  await expect(page.getByRole("alert")).toHaveText("The name or the password is wrong.");
  await expect(page).toHaveURL(/\/login/);
});

test("two-step login: turned on with an app's code, asked for at the next login, left by a recovery code, turned off", async ({ page }) => {
  await enterPassword(page, CLAIRE.password);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
  await page.goto(`${server.url}/account`);

  await page.getByRole("button", { name: "Turn on" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
  const secret = await dialog.locator("pre").first().innerText();
  await dialog.getByLabel("Code shown by the app").fill("000000");
  await dialog.getByRole("button", { name: "Verify and turn on" }).click();
  await expect(dialog.getByLabel("Code shown by the app")).toHaveAttribute("aria-invalid", "true");
  const first = totp(secret, Date.now());
  await dialog.getByLabel("Code shown by the app").fill(first);
  await dialog.getByRole("button", { name: "Verify and turn on" }).click();
  await expect(dialog.getByText("Each replaces the app’s code once")).toBeVisible();
  const codes = (await dialog.locator("pre").first().innerText()).split("\n").map((code) => code.trim()).filter(Boolean);
  expect(codes.length).toBeGreaterThan(5);
  await dialog.getByRole("button", { name: "I have kept these codes" }).click();
  await expect(page.getByText("Your account asks for a code at every login.")).toBeVisible();
  await signOut(page);

  await test.step("a wrong code is refused, the next one of the app lets in", async () => {
    await enterPassword(page, CLAIRE.password);
    await expect(page.getByRole("heading", { name: "Second step" })).toBeVisible();
    await page.getByLabel("Code").fill("000000");
    await page.getByRole("button", { name: "Verify" }).click();
    await expect(page.getByText(/^This code is wrong, or was used already\./)).toBeVisible();
    // The code that turned it on was used up: the next one is in force from its own half minute on, and just before.
    await page.getByLabel("Code").fill(totp(secret, Date.now() + 30_000));
    await page.getByRole("button", { name: "Verify" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
    await signOut(page);
  });

  await test.step("a recovery code lets in once", async () => {
    for (const outcome of ["in", "refused"]) {
      await enterPassword(page, CLAIRE.password);
      await page.getByLabel("Code").fill(codes[0] ?? "");
      await page.getByRole("button", { name: "Verify" }).click();
      if (outcome === "in") {
        await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
        await signOut(page);
      } else {
        await expect(page.getByText(/^This code is wrong, or was used already\./)).toBeVisible();
      }
    }
    await page.getByLabel("Code").fill(codes[1] ?? "");
    await page.getByRole("button", { name: "Verify" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
  });

  await test.step("it is turned off with the password", async () => {
    await page.goto(`${server.url}/account`);
    await page.getByRole("button", { name: "Turn off" }).click();
    await page.getByRole("dialog").getByLabel("Password, to confirm").fill("not it at all");
    await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
    await expect(page.getByRole("dialog").getByLabel("Password, to confirm")).toHaveAttribute("aria-invalid", "true");
    await page.getByRole("dialog").getByLabel("Password, to confirm").fill(CLAIRE.password);
    await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
    await expect(notice(page, "Two-step login is off")).toBeVisible();
  });
});

test("a new password ends the other sessions; a session is ended from another browser", async ({ browser, page }) => {
  await enterPassword(page, CLAIRE.password);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Dashboard");
  const other = await (await browser.newContext({ locale: "en-GB" })).newPage();
  await signIn(other, server, CLAIRE);

  await page.goto(`${server.url}/account`);
  await page.getByLabel("Current password").fill(CLAIRE.password);
  await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel("New password, once more").fill("something else entirely");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("The two passwords differ.")).toBeVisible();
  await page.getByLabel("New password, once more").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(notice(page, "Password changed")).toBeVisible();
  await other.goto(`${server.url}/plans`);
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await signIn(other, server, { ...CLAIRE, password: NEW_PASSWORD });
  await page.reload();
  await page.getByRole("button", { name: /^End the session at/ }).click();
  await expect(notice(page, "Session ended")).toBeVisible();
  await other.goto(`${server.url}/plans`);
  await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await other.context().close();
});

test("language and appearance of the account hold in the next browser too", async ({ browser, page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/account`);
  await page.getByRole("combobox", { name: "Appearance" }).click();
  await page.getByRole("option", { name: "Dark" }).click();
  await page.getByRole("combobox", { name: "Language" }).click();
  await page.getByRole("option", { name: "Français" }).click();
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Mon compte");
  const other = await (await browser.newContext({ locale: "en-GB", colorScheme: "light" })).newPage();
  await signIn(other, server, ADMINISTRATOR);
  await expect(other.locator("html")).toHaveAttribute("lang", "fr");
  await expect(other.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await other.context().close();
});
