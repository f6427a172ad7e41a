import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { choose, makePlan, notice, runPlan, scrollTo, signIn } from "../support/app.ts";
import { ADMINISTRATOR, Api, program, Server } from "../support/server.ts";

const agentProgram = process.env.REMPART_AGENT_BIN ?? join(dirname(program), "rempart-agent");

let server: Server;
let api: Api;
let agent: ChildProcess | undefined;

test.beforeAll(async () => {
  if (!existsSync(agentProgram)) throw new Error(`${agentProgram} is missing: build it, or name it in REMPART_AGENT_BIN`);
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(async () => {
  await stopAgent();
  await server?.stop();
});

/** As somebody does who pastes a line into the shell of a machine; in a process group of its own. */
function paste(command: string): void {
  // Made by the agent: nobody else may look into it.
  const data = join(server.folder, "agent");
  agent = spawn("sh", ["-c", command], {
    env: { PATH: `${dirname(agentProgram)}${delimiter}${process.env.PATH}`, HOME: server.folder, REMPART_AGENT_DATA: data },
    stdio: "ignore",
    detached: true,
  });
}

async function stopAgent(): Promise<void> {
  const child = agent;
  agent = undefined;
  if (child?.pid === undefined || child.exitCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  process.kill(-child.pid, "SIGTERM");
  await ended;
}

/** Chooses a language in the account's menu, which is called otherwise in each. */
async function speak(page: Page, menu: string, language: string): Promise<void> {
  await page.getByRole("button", { name: `${menu} ${ADMINISTRATOR.name}` }).click();
  await page.getByText(language, { exact: true }).click();
  await page.keyboard.press("Escape");
}

test("a machine is added by its name and one pasted command, and is seen coming, going, and coming back", async ({ page }) => {
  const folder = await server.folderFor("of the other machine");
  await writeFile(join(folder, "a.txt"), "a");
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/servers`);

  await test.step("a name, and the command", async () => {
    await page.getByRole("button", { name: "Add a server" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a server" });
    await dialog.getByRole("button", { name: "Continue" }).click();
    await expect(dialog.getByLabel(/^Name/)).toHaveAttribute("aria-invalid", "true");
    await dialog.getByLabel(/^Name/).fill("web-1");
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByText("With a command to paste").click();
    await expect(dialog.getByText("Shown only once")).toBeVisible();
    await expect(dialog.getByText(/Waiting for its call\./)).toBeVisible();
    paste(await dialog.locator("pre").first().innerText());
    await expect(dialog.getByText("The machine has called: it can be protected now")).toBeVisible();
    await dialog.getByRole("button", { name: "Done" }).click();
  });

  await test.step("its page shows what it is, and its folders", async () => {
    await expect(page.getByRole("heading", { level: 1, name: "web-1" })).toBeVisible();
    await expect(page.getByText("Online", { exact: true })).toBeVisible();
    await expect(page.getByText(/^[\d.]+\sms$/)).toBeVisible();
    for (const name of folder.split("/").filter(Boolean)) {
      const row = page.getByRole("button", { name: `Open folder ${name}`, exact: true });
      await scrollTo(page.getByRole("group", { name: /^Contents of/ }), row);
      await row.click();
    }
    await expect(page.getByText("a.txt", { exact: true })).toBeVisible();
  });

  await test.step("what another machine backed up is restored onto it", async () => {
    const source = await server.folderFor("accounts");
    await writeFile(join(source, "2026.txt"), "all in order");
    const plan = await makePlan(api, { name: "accounts", source, pool: await server.folderFor("pool") });
    const { snapshotId } = await runPlan(api, plan.id);
    const target = await server.folderFor("restored onto web-1");
    await page.goto(`${server.url}/snapshots/${snapshotId}`);
    await page.getByRole("button", { name: "Restore everything" }).click();
    const dialog = page.getByRole("dialog", { name: "Restore" });
    await choose(dialog, "Onto which server", "web-1");
    await dialog.getByLabel(/^Target folder/).fill(target);
    await dialog.getByRole("button", { name: "Show the preview" }).click();
    await expect(dialog.getByText("This is what would happen. Nothing is written yet.")).toBeVisible();
    await dialog.getByRole("button", { name: "Restore now" }).click();
    await dialog.getByRole("link", { name: "Full report" }).click();
    expect(await readFile(join(target, source, "2026.txt"), "utf8")).toBe("all in order");
    // The job's page says where it was done, in words that follow the language.
    const log = page.getByRole("region", { name: /^(Log|Journal)$/ });
    await expect(log.getByText("The restore is done on the server web-1.")).toBeVisible();
    await speak(page, "Menu of", "Français");
    await expect(log.getByText("La restauration se fait sur le serveur web-1.")).toBeVisible();
    await speak(page, "Menu de", "English");
    await expect(log.getByText("The restore is done on the server web-1.")).toBeVisible();
    await page.goto(`${server.url}/servers`);
    await page.getByRole("link", { name: /^web-1/ }).click();
  });

  await test.step("what its work may take is said, and a time of the day that is none is not taken", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Limits of the agent" }).click();
    const dialog = page.getByRole("dialog", { name: "Limits of “web-1”" });
    await dialog.getByLabel("Behind other programs").selectOption({ label: "Takes only what nobody else wants" });
    await dialog.getByRole("button", { name: "Add hours" }).click();
    await dialog.getByLabel("Until").selectOption("8");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("The end differs from the beginning.")).toBeVisible();
    await dialog.getByLabel("Until").selectOption("18");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText("other at 1 time of the day · Takes only what nobody else wants")).toBeVisible();
  });

  await test.step("it goes: the page says so, and what to look at", async () => {
    await stopAgent();
    await expect(page.getByText("This machine does not call")).toBeVisible();
    await expect(page.getByText("Offline", { exact: true })).toBeVisible();
  });

  await test.step("it comes back by its key, without a token", async () => {
    paste("rempart-agent run");
    await expect(page.getByText("Online", { exact: true })).toBeVisible();
  });

  await test.step("its key is revoked: it is let in no more", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Revoke the agent’s key" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke the agent’s key" }).click();
    await expect(notice(page, "Key revoked")).toBeVisible();
    await expect(page.getByText("This machine has no agent yet")).toBeVisible();
  });

  await test.step("it is removed", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByLabel(/^To confirm/).fill("web-1");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Servers" })).toBeVisible();
    await expect(page.getByRole("link", { name: /^web-1/ })).toHaveCount(0);
  });
});
