import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { signIn } from "../support/app.ts";
import { Component } from "../support/lab.ts";
import { ADMINISTRATOR, Api, Server } from "../support/server.ts";

let server: Server;
let api: Api;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
});

test.afterAll(() => server?.stop());

test.beforeEach(async ({ page }) => signIn(page, server, ADMINISTRATOR));

const GOOD = "Everything works: this pool can be added.";

/** Opens the form for a kind of place, at its fields. */
async function placeForm(page: Page, kind: string): Promise<void> {
  await page.goto(`${server.url}/pools`);
  await page.getByRole("button", { name: "Add a storage pool" }).first().click();
  await page.getByRole("radio", { name: kind }).click();
  await page.getByRole("button", { name: "Next" }).click();
}

const putToTheTest = (page: Page) => page.getByRole("button", { name: "Put to the test" }).click();

/** The steps of a test that was seen to the end, and the sentence of the one that failed. */
const failedStep = (page: Page) => page.getByRole("listitem").filter({ hasText: "failed" });

async function addIt(page: Page, name: string, location: string | RegExp): Promise<void> {
  await expect(page.getByText(GOOD)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Add this pool" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByText("Reachable").first()).toBeVisible();
  await expect(page.getByText(location).first()).toBeVisible();
}

async function withComponent(name: string, use: (component: Component) => Promise<void>): Promise<void> {
  const component = await Component.start(name);
  try {
    await use(component);
  } finally {
    await component.stop();
  }
}

test("an S3 pool: a missing bucket is named, then all steps succeed, and its repository holds a recovery point", async ({ page }) => {
  await withComponent("moto", async (moto) => {
    await placeForm(page, "S3");
    await page.getByLabel("Name", { exact: true }).fill("Bucket");
    await page.getByLabel(/^Bucket/).fill("no-such-bucket");
    await page.getByLabel("Prefix").fill("rempart");
    await page.getByLabel("Service address").fill(moto.text("endpoint"));
    await page.getByLabel("Access key ID").fill(moto.text("access_key_id"));
    await page.getByLabel("Secret access key").fill(moto.text("secret_access_key"));
    await putToTheTest(page);
    await expect(failedStep(page)).toContainText("The place does not exist");
    await expect(failedStep(page)).toContainText("Make the folder or the bucket, or correct its name.");
    await expect(page.getByRole("button", { name: "Add this pool" })).toHaveAttribute("aria-disabled", "true");

    await page.getByRole("button", { name: "Back" }).click();
    await page.getByLabel(/^Bucket/).fill(moto.text("bucket"));
    await putToTheTest(page);
    await addIt(page, "Bucket", `${moto.text("bucket")}/rempart`);

    await page.getByRole("button", { name: "Edit" }).click();
    await expect(page.getByLabel("Secret access key")).toHaveValue("");
    await expect(page.getByLabel("Secret access key")).toHaveAttribute("placeholder", /leave empty to keep it/);
    // With the secret that is stored, and was never shown.
    await page.getByLabel("Name", { exact: true }).fill("Bucket, renamed");
    await putToTheTest(page);
    await expect(page.getByText("Everything works: the changes can be saved.")).toBeVisible();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Bucket, renamed" })).toBeVisible();
  });
});

test("an S3 pool with a wrong secret says that access is denied", async ({ page }) => {
  await withComponent("s3s", async (s3) => {
    await placeForm(page, "S3");
    await page.getByLabel(/^Bucket/).fill(s3.text("bucket"));
    await page.getByLabel("Service address").fill(s3.text("endpoint"));
    await page.getByLabel("Access key ID").fill(s3.text("access_key_id"));
    await page.getByLabel("Secret access key").fill("not the secret");
    await putToTheTest(page);
    await expect(failedStep(page)).toContainText("The storage denies access");
    await expect(failedStep(page)).toContainText("Check the credentials and the rights at that place.");
  });
});

test("a Google Cloud Storage pool", async ({ page }) => {
  await withComponent("gcs", async (gcs) => {
    await placeForm(page, "Google Cloud Storage");
    await page.getByLabel(/^Bucket/).fill(gcs.text("bucket"));
    await page.getByLabel("Service address").fill(gcs.text("endpoint"));
    await putToTheTest(page);
    await addIt(page, "Google Cloud Storage", new RegExp(gcs.text("bucket")));
  });
});

test("an Azure pool: a wrong key is refused with the reason, the right one works", async ({ page }) => {
  await withComponent("azurite", async (azure) => {
    await placeForm(page, "Azure Blob Storage");
    await page.getByLabel(/^Storage account/).fill(azure.text("account_name"));
    await page.getByLabel(/^Container/).fill(azure.text("container"));
    await page.getByLabel("Service address").fill(azure.text("endpoint"));
    await page.getByLabel("Account key").fill(Buffer.from("not the key").toString("base64"));
    await putToTheTest(page);
    await expect(failedStep(page)).toContainText("The storage denies access");

    await page.getByRole("button", { name: "Back" }).click();
    await page.getByLabel("Account key").fill(azure.text("account_key"));
    await putToTheTest(page);
    await addIt(page, "Azure Blob Storage", new RegExp(azure.text("container")));
  });
});

test("an SFTP pool: the host's key is confirmed by a person, a wrong password is refused, a key file works", async ({ page }) => {
  await withComponent("sshd", async (sshd) => {
    await placeForm(page, "SFTP");
    await page.getByLabel("Name", { exact: true }).fill("NAS");
    await page.getByLabel(/^Host/).fill(sshd.text("host"));
    await page.getByLabel(/^Port/).fill(sshd.text("port"));
    await page.getByLabel(/^User/).fill(sshd.text("user"));
    await page.getByRole("textbox", { name: "Password" }).fill("not the password");
    await page.getByLabel(/^Folder on that server/).fill(`${sshd.text("folder")}/nas`);
    await putToTheTest(page);

    // When: it presents itself for the first time
    await expect(page.getByText(`Is this really ${sshd.text("host")}?`)).toBeVisible();
    await expect(page.getByText(/^SHA256:[\w+/]{43}$/)).toBeVisible();
    await page.getByRole("button", { name: /^The fingerprint is the same/ }).click();

    // Then
    await expect(failedStep(page)).toContainText("The storage denies access");
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByRole("textbox", { name: "Password" }).fill("");
    await page.getByLabel("Private key").fill(await readFile(sshd.text("key_file"), "utf8"));
    await putToTheTest(page);
    await addIt(page, "NAS", /nas/);
  });
});

test("a folder that cannot be made names the step and the reason", async ({ page }) => {
  await placeForm(page, "Local disk");
  await page.getByLabel(/^Folder/).fill("/proc/no/such/place");
  await putToTheTest(page);
  await expect(failedStep(page)).toBeVisible();
  await expect(page.getByRole("button", { name: "Add this pool" })).toHaveAttribute("aria-disabled", "true");
});

test("what is missing in a form is said at its field, before anything is sent", async ({ page }) => {
  await placeForm(page, "SFTP");
  await putToTheTest(page);
  for (const name of [/^Host/, /^User/, /^Folder on that server/]) {
    await expect(page.getByLabel(name)).toHaveAttribute("aria-invalid", "true");
  }
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("radio", { name: "Local disk" }).click();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel(/^Folder/).fill("relative/path");
  await putToTheTest(page);
  await expect(page.getByText("Enter an absolute path")).toBeVisible();
});

test("pools beyond one page come as the list is scrolled, and are found by their name", async ({ page }) => {
  const root = await server.folderFor("many-pools");
  for (let number = 0; number < 60; number++) {
    const name = `numbered ${String(number).padStart(3, "0")}`;
    await api.post("/api/pools", { name, place: { kind: "local", path: join(root, name) } });
  }
  await page.goto(`${server.url}/pools`);
  await page.getByRole("searchbox").fill("numbered 05");
  await expect(page.getByRole("link", { name: /numbered 059/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /numbered 049/ })).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "10 items" })).toBeVisible();
  await page.getByRole("searchbox").fill("");
  await expect(page.getByRole("link", { name: /numbered 000/ })).toBeVisible();
  // Only what is in sight stands in the document.
  expect(await page.getByRole("row").count()).toBeLessThan(40);
  await page.mouse.move(700, 500);
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4000);
      return page.getByRole("link", { name: /numbered 059/ }).isVisible();
    })
    .toBe(true);
});
