import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, type Locator, test } from "@playwright/test";
import { signIn } from "../support/app.ts";
import { expectAccessible } from "../support/axe.ts";
import { Component } from "../support/lab.ts";
import { ADMINISTRATOR, Api, program, Server } from "../support/server.ts";

const agentProgram = process.env.REMPART_AGENT_BIN ?? join(dirname(program), "rempart-agent");

let machine: Component;
let server: Server;
/** The program that is installed from now on. */
let given: string;

// The server's certificate is of its own making.
test.use({ ignoreHTTPSErrors: true });

test.beforeAll(async () => {
  if (!existsSync(agentProgram)) throw new Error(`${agentProgram} is missing: build it, or name it in REMPART_AGENT_BIN`);
  machine = await Component.start("host");
  server = await Server.start(machine.text("server_address"));
  const agents = join(server.folder, "data/agents");
  await mkdir(agents, { recursive: true });
  given = join(agents, "rempart-agent-x86_64");
  await copyFile(agentProgram, given);
  await Api.setUp(server);
});

test.afterAll(async () => {
  await server?.stop();
  await machine?.stop();
});

/** As somebody reads it in front of the machine. */
function fingerprint(): string {
  const key = join(machine.text("root"), "etc/ssh/ssh_host_ed25519_key.pub");
  return execFileSync("ssh-keygen", ["-lf", key]).toString().split(" ")[1] ?? "";
}

async function password(dialog: Locator): Promise<void> {
  await dialog.getByLabel("Password", { exact: true }).and(dialog.locator("input[type=password]")).fill("lab password");
}

test("an agent is brought onto a machine by SSH, step by step, and taken away again", async ({ page }) => {
  await signIn(page, server, ADMINISTRATOR);
  await page.goto(`${server.url}/servers`);
  const dialog = page.getByRole("dialog");

  await test.step("a name and an address, then who logs in", async () => {
    await page.getByRole("button", { name: "Add a server" }).click();
    await dialog.getByLabel(/^Name/).fill("web-1");
    await dialog.getByLabel(/^Address/).fill(machine.text("address"));
    await dialog.getByRole("button", { name: "Continue" }).click();
    await expect(dialog.getByLabel(/^Address/)).toHaveValue(machine.text("address"));
    await expectAccessible(page);
    await password(dialog);
    await dialog.getByRole("button", { name: "Install" }).click();
  });

  await test.step("is it the right machine?", async () => {
    await expect(dialog.getByText(fingerprint())).toBeVisible();
    await expectAccessible(page);
    await dialog.getByLabel(/^I have compared/).check();
    await dialog.getByRole("button", { name: "Accept and log in" }).click();
  });

  await test.step("its steps, then it is there", async () => {
    await expect(dialog.getByText("Succeeded").first()).toBeVisible({ timeout: 60_000 });
    await expect(dialog.getByRole("listitem").filter({ hasText: ": done" })).toHaveCount(6);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "web-1" })).toBeVisible();
    await expect(page.getByText("Online", { exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Open folder srv", exact: true })).toBeVisible();
  });

  await test.step("the server has another program by now: the list says so, the page offers it", async () => {
    await expect(page.getByText("An upgrade of the agent is available")).toHaveCount(0);
    await appendFile(given, "newer");
    await page.goto(`${server.url}/servers`);
    await expect(page.getByRole("row", { name: /web-1/ }).getByText("Upgrade available")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("link", { name: /web-1/ }).first().click();
    await expect(page.getByText("An upgrade of the agent is available")).toBeVisible();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Upgrade the agent" }).click();
    await password(dialog);
    await dialog.getByRole("button", { name: "Upgrade", exact: true }).click();
    await expect(dialog.getByText("Succeeded").first()).toBeVisible({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText("An upgrade of the agent is available")).toHaveCount(0);
  });

  await test.step("a wrong password is told, and what to do", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Read the agent’s journal" }).click();
    await dialog.locator("input[type=password]").fill("another");
    await dialog.getByRole("button", { name: "Read" }).click();
    await expect(dialog.getByText(/did not let “root” in/).first()).toBeVisible();
    await expect(dialog.getByText("Nothing was changed on the machine.")).toBeVisible();
    await dialog.getByRole("button", { name: "Done" }).click();
  });

  await test.step("it is uninstalled", async () => {
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Uninstall the agent" }).click();
    await password(dialog);
    await dialog.getByRole("button", { name: "Uninstall" }).click();
    await expect(dialog.getByText("Succeeded").first()).toBeVisible();
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(page.getByText("This machine has no agent yet")).toBeVisible();
    expect(existsSync(join(machine.text("root"), "opt/rempart-agent"))).toBe(false);
  });
});
