import { readFile, writeFile, mkdir, chmod } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { ADMINISTRATOR, Server } from "../support/server.ts";

/** Enough that a run lasts long enough to be watched, and differs from byte to byte. */
const BIG_BYTES = 512 * 1024 * 1024;
const LETTER = "Chère Claire,\nvoici les comptes de l’année.\n";

let server: Server;
let source: string;

test.beforeAll(async () => {
  server = await Server.start();
  source = await server.folderFor("documents");
  await mkdir(join(source, "comptes 2026"));
  await writeFile(join(source, "comptes 2026", "lettre été.txt"), LETTER);
  await writeFile(join(source, "image.bin"), randomBytes(BIG_BYTES));
  await chmod(join(source, "comptes 2026"), 0o755);
});

test.afterAll(() => server?.stop());

test("a fresh server: setup link, pool, plan, live run, snapshot browsed, file restored and compared", async ({ page }) => {
  const pool = await server.folderFor("pool");
  const target = await server.folderFor("restored");

  await test.step("the setup link makes the first administrator", async () => {
    await page.goto(server.setupUrl);
    await page.getByLabel(/^User name/).fill(ADMINISTRATOR.name);
    await page.getByLabel(/^Password(?!,)/).fill(ADMINISTRATOR.password);
    await page.getByLabel(/^Password, once more|^Password, again/).fill(ADMINISTRATOR.password);
    await page.getByRole("button", { name: /^Create the account/ }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Protect this machine" })).toBeVisible();
    await page.getByRole("link", { name: "Dashboard" }).click();
    await expect(page.getByRole("heading", { name: "Nothing is protected yet" })).toBeVisible();
  });

  await test.step("a storage pool is tested at its place before it is added", async () => {
    await page.getByRole("link", { name: "Storage pools" }).click();
    await page.getByRole("button", { name: "Add a storage pool" }).first().click();
    await page.getByRole("radio", { name: /Local disk/ }).click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByLabel("Name").fill("Second disk");
    await page.getByLabel(/^Folder/).fill(pool);
    await page.getByRole("button", { name: "Put to the test" }).click();
    await expect(page.getByText("Everything works: this pool can be added.")).toBeVisible();
    await expect(page.getByText("Read back and compare")).toBeVisible();
    await page.getByRole("button", { name: "Add this pool" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Second disk" })).toBeVisible();
  });

  await test.step("the first steps lead to a plan, with a recovery kit that has to be confirmed", async () => {
    await page.getByRole("link", { name: "Dashboard" }).click();
    await page.getByRole("button", { name: "Protect this machine" }).click();
    await page.getByLabel("Type an absolute path").fill(source);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("radio", { name: "Second disk" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText(/one a day for 7 days/)).toBeVisible();
    await page.getByRole("button", { name: "Continue" }).click();

    const kit = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the kit" }).click();
    const text = await readFile(await (await kit).path(), "utf8");
    const code = await page.getByText("Confirmation code", { exact: true }).locator("xpath=following-sibling::*[1]").innerText();
    expect(text).toContain(code);
    expect(text).toContain("restic");

    await page.getByLabel("Type the confirmation code").fill("NOT-THE-CODE");
    await page.getByLabel("I have put this kit somewhere off this machine").check();
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await expect(page.getByLabel("Type the confirmation code")).toHaveAttribute("aria-invalid", "true");
    await page.getByLabel("Type the confirmation code").fill(code);
  });

  await test.step("the first run is watched, and its recovery point is read back", async () => {
    // On a fast machine the run ends before a second look at the page: every frame is looked at, from before the click.
    const bar = () => document.querySelector("[role=progressbar]") !== null;
    const watched = page.waitForFunction(bar, undefined, { polling: "raf", timeout: 20_000 });
    await page.getByRole("button", { name: "Confirm", exact: true }).click();
    await watched;
    await expect(page.getByText("Your first recovery point is verified")).toBeVisible({ timeout: 90_000 });
    await expect(page.getByText("Succeeded: everything is in the recovery point")).toBeVisible();
  });

  await test.step("the snapshot is browsed and searched", async () => {
    await page.getByRole("link", { name: "Open the recovery point" }).click();
    for (const folder of ["documents", "comptes 2026"]) {
      await page.getByRole("button", { name: `Open folder ${folder}`, exact: true }).click();
    }
    await expect(page.getByText("lettre été.txt")).toBeVisible();
    await page.getByRole("searchbox", { name: "Search the whole recovery point" }).fill("lettre");
    await expect(page.getByText(/comptes 2026\/lettre été\.txt/)).toBeVisible();
  });

  await test.step("a file is downloaded and is the same, byte by byte", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download lettre été.txt" }).click();
    const bytes = await readFile(await (await download).path());
    expect(bytes.equals(Buffer.from(LETTER))).toBe(true);
  });

  await test.step("it is restored: options, preview, report; what was written is the same", async () => {
    await page.getByRole("checkbox", { name: "Choose lettre été.txt" }).check();
    await page.getByRole("button", { name: "Restore the selection" }).click();
    const dialog = page.getByRole("dialog", { name: "Restore" });
    await dialog.getByLabel(/^Target folder/).fill(target);
    await dialog.getByRole("button", { name: "Show the preview" }).click();
    await expect(dialog.getByText("This is what would happen. Nothing is written yet.")).toBeVisible();
    await dialog.getByRole("button", { name: "Restore now" }).click();
    await expect(dialog.getByRole("link", { name: "Full report" })).toBeVisible();
    const restored = join(target, source, "comptes 2026", "lettre été.txt");
    const bytes = await readFile(restored);
    expect(bytes.equals(Buffer.from(LETTER))).toBe(true);
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  await test.step("the dashboard says that this machine is protected", async () => {
    await page.getByRole("link", { name: "Dashboard" }).click();
    await expect(page.getByText("Yes. Every plan has an up-to-date recovery point.")).toBeVisible();
  });
});
