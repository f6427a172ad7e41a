import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { makePlan, runPlan, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

const LETTER = "Chère Claire,\n";
/** Latin 1, as old disks have it: no UTF-8. */
const OLD_NAME = Buffer.from("caf\xe9.txt", "latin1");

let server: Server;
let api: Api;
let source: string;
let snapshot: number;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  source = await server.folderFor("documents");
  await mkdir(join(source, "comptes 2026", "été & hiver"), { recursive: true });
  await writeFile(join(source, "comptes 2026", "lettre.txt"), LETTER);
  await writeFile(join(source, "comptes 2026", "été & hiver", "50% off.txt"), "half");
  await writeFile(Buffer.concat([Buffer.from(`${source}/`), OLD_NAME]), "old");
  for (let file = 0; file < 1500; file++) {
    await writeFile(join(source, "comptes 2026", "été & hiver", `row ${String(file).padStart(4, "0")}.txt`), String(file));
  }
  const plan = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  const run = await runPlan(api, plan.id);
  expect(run.state, run.message ?? "").toBe("succeeded");
  snapshot = run.snapshotId ?? 0;
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/snapshots/${snapshot}`);
});

test("a folder is downloaded as an archive that holds what was backed up", async ({ page }) => {
  await page.getByRole("button", { name: "Open folder documents" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download folder comptes 2026" }).click();
  const archive = await download;
  expect(archive.suggestedFilename()).toBe("comptes 2026.zip");
  const python = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps({name: archive.read(name).decode() for name in archive.namelist() if not name.endswith("/")}))
`;
  const content = JSON.parse(execFileSync("python3", ["-c", python, await archive.path()], { encoding: "utf8" }));
  const names = Object.keys(content);
  const of = (end: string) => content[names.find((name) => name.endsWith(end)) ?? ""];
  expect(of("lettre.txt")).toBe(LETTER);
  expect(of("été & hiver/50% off.txt")).toBe("half");
  expect(names).toHaveLength(1502);
});

test("a name that is no UTF-8 is shown, chosen and downloaded", async ({ page }) => {
  await page.getByRole("button", { name: "Open folder documents" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download caf\ufffd.txt" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toBe("old");
});

test("the browser opens where what was backed up begins, and its trail leads to the root", async ({ page }) => {
  await expect(page.getByRole("button", { name: "Open folder documents" })).toBeVisible();
  await page.getByRole("navigation", { name: "Path" }).getByRole("button", { name: "/", exact: true }).click();
  const first = source.split("/")[1];
  await expect(page.getByRole("button", { name: `Open folder ${first}`, exact: true })).toBeVisible();
});

test("a folder of many files stays fast to look through: only what is in sight is in the document", async ({ page }) => {
  for (const folder of ["documents", "comptes 2026", "été & hiver"]) {
    await page.getByRole("button", { name: `Open folder ${folder}` }).click();
  }
  await expect(page.getByText("row 0000.txt")).toBeVisible();
  const list = page.getByRole("list", { name: "Files" });
  expect(await list.getByRole("listitem").count()).toBeLessThan(60);
  await list.hover();
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 20_000);
      return list.getByText("row 1499.txt").isVisible();
    })
    .toBe(true);
  await expect(page.getByText("1,501 items")).toBeVisible();
  expect(await list.getByRole("listitem").count()).toBeLessThan(60);
});

test("a restore in place puts back what is gone, and says what it did", async ({ page }) => {
  const path = join(source, "comptes 2026", "lettre.txt");
  await writeFile(path, "spoilt");
  await page.getByRole("searchbox", { name: "Search the whole recovery point" }).fill("lettre");
  await page.getByRole("checkbox", { name: "Choose lettre.txt" }).check();
  await page.getByRole("button", { name: "Restore the selection" }).click();
  const dialog = page.getByRole("dialog", { name: "Restore" });
  await dialog.getByLabel("Where it came from").check();
  await dialog.getByRole("button", { name: "Show the preview" }).click();
  await expect(dialog.getByText("Files in use may be replaced.")).toBeVisible({ timeout: 60_000 });
  await expect(dialog.getByRole("cell", { name: /lettre\.txt$/ })).toBeVisible();
  expect(await readFile(path, "utf8"), "a preview writes nothing").toBe("spoilt");
  await dialog.getByRole("button", { name: "Restore now" }).click();
  await expect(dialog.getByRole("link", { name: "Full report" })).toBeVisible();
  expect(await readFile(path, "utf8")).toBe(LETTER);
});
