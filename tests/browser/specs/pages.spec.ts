import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makePlan, runPlan } from "../support/app.ts";
import { expectAccessible, expectNoSidewaysScroll } from "../support/axe.ts";
import { Api, Server } from "../support/server.ts";

const SCREENSHOTS = resolve(import.meta.dirname, "../../../.cache/test/screenshots");

/** Every page of the application that one address opens, and its heading in both languages. */
const PAGES = (ids: { plan: number; run: number; snapshot: number; pool: number; repository: number; server: number }) =>
  ({
    dashboard: "/",
    "first-steps": "/first-steps",
    plans: "/plans",
    plan: `/plans/${ids.plan}`,
    "plan-new": "/plans/new",
    "plan-edit": `/plans/${ids.plan}/edit`,
    runs: "/runs",
    run: `/runs/${ids.run}`,
    jobs: "/jobs",
    snapshots: "/snapshots",
    snapshot: `/snapshots/${ids.snapshot}`,
    servers: "/servers",
    server: `/servers/${ids.server}`,
    pools: "/pools",
    pool: `/pools/${ids.pool}`,
    repositories: "/repositories",
    repository: `/repositories/${ids.repository}`,
    workers: "/workers",
    users: "/users",
    tokens: "/tokens",
    audit: "/audit",
    settings: "/settings",
    system: "/system",
    account: "/account",
  }) as const;

type PageName = keyof ReturnType<typeof PAGES>;
const NAMES = Object.keys(PAGES({ plan: 1, run: 1, snapshot: 1, pool: 1, repository: 1, server: 1 })) as PageName[];

let server: Server;
let api: Api;
/** Has chosen no language: the pages come in the one that the browser asks for. */
let visitor: Api;
let paths: ReturnType<typeof PAGES>;

test.beforeAll(async () => {
  server = await Server.start();
  api = await Api.setUp(server);
  const source = await server.folderFor("documents");
  await writeFile(join(source, "letter.txt"), "a letter");
  const plan = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  const run = await runPlan(api, plan.id);
  expect(run.state, run.message ?? "").toBe("succeeded");
  const { repositoryId, serverId } = await api.get<{ repositoryId: number; serverId: number }>(`/api/plans/${plan.id}`);
  const { poolId } = await api.get<{ poolId: number }>(`/api/repositories/${repositoryId}`);
  paths = PAGES({ plan: plan.id, run: run.id, snapshot: run.snapshotId ?? 0, pool: poolId, repository: repositoryId, server: serverId });
  const camille = { name: "camille", password: "chooses no language at all" };
  await api.post("/api/users", { ...camille, role: "administrator", email: null });
  visitor = await Api.signIn(server, camille);
  mkdirSync(SCREENSHOTS, { recursive: true });
});

test.afterAll(() => server?.stop());

async function settled(page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  // Skeletons are hidden from readers; what they stand for is there when none is left.
  await expect(page.locator("[data-visible=true].mantine-Skeleton-root")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}

for (const theme of ["light", "dark"] as const) {
  test.describe(`${theme}`, () => {
    for (const name of NAMES) {
      test(`${name}: axe finds nothing serious, at desktop and phone width`, async ({ browser }) => {
        const language = theme === "light" ? "fr-FR" : "en-GB";
        const context = await browser.newContext({
          storageState: await visitor.storage(),
          colorScheme: theme,
          locale: language,
        });
        const page = await context.newPage();
        const broken: string[] = [];
        page.on("pageerror", (error) => broken.push(error.message));
        page.on("response", (answer) => {
          if (answer.status() >= 400) broken.push(`${answer.status()} ${answer.url()}`);
        });
        for (const [width, height] of [[1440, 900], [390, 844]] as const) {
          await page.setViewportSize({ width, height });
          await settled(page, paths[name]);
          await expect(page.locator("html")).toHaveAttribute("lang", language.slice(0, 2));
          await page.screenshot({ path: join(SCREENSHOTS, `${name}-${width}-${theme}.png`), fullPage: true });
          await expectAccessible(page);
          await expectNoSidewaysScroll(page);
        }
        expect(broken, "errors of the page and refused requests").toEqual([]);
        await context.close();
      });
    }
  });
}
