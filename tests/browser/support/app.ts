import { expect, type Locator, type Page } from "@playwright/test";
import type { Administrator, Api, Server } from "./server.ts";

export async function signIn(page: Page, server: Server, who: Administrator): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.getByLabel(/^(User name|Nom d’utilisateur)/).fill(who.name);
  await page.getByLabel(/^(Password|Mot de passe)/).fill(who.password);
  await page.getByRole("button", { name: /^(Sign in|Se connecter)$/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Dashboard|Tableau de bord/);
}

/** Chooses from a list that opens below its field. */
export async function choose(within: Page | Locator, label: string | RegExp, option: string | RegExp): Promise<void> {
  const field = within.getByRole("combobox", { name: label });
  await field.click();
  const page = "goto" in within ? within : within.page();
  await page.getByRole("option", { name: option }).click();
}

/** Turns the wheel over a scrolling box until what is looked for is in sight: the rest of its rows is not in the document. */
export async function scrollTo(box: Locator, target: Locator): Promise<void> {
  await box.hover();
  await expect
    .poll(
      async () => {
        if (await target.isVisible()) return true;
        await box.page().mouse.wheel(0, 300);
        return false;
      },
      // A folder such as /tmp may hold hundreds.
      { intervals: [50], timeout: 30_000 },
    )
    .toBe(true);
}

/** What a page says in passing, in its corner. */
export function notice(page: Page, text: string | RegExp): Locator {
  return page.locator(".mantine-Notifications-root").getByText(text).first();
}

export interface Identified {
  id: number;
}

/** A pool, a repository and a plan over `source`, as an administrator would have made them. */
export async function makePlan(api: Api, options: { name: string; source: string; pool: string }): Promise<Identified> {
  const pool = await api.post<Identified>("/api/pools", {
    name: `pool of ${options.name}`,
    place: { kind: "local", path: options.pool },
  });
  const servers = await api.get<{ items: Identified[] }>("/api/servers");
  const serverId = servers.items[0]?.id;
  const repository = await api.post<Identified>("/api/repositories", {
    name: options.name.replaceAll(" ", "-"),
    poolId: pool.id,
    serverId,
    adoptPassword: null,
  });
  return api.post<Identified>("/api/plans", {
    name: options.name,
    serverId,
    repositoryId: repository.id,
    enabled: true,
    sources: {
      folders: [options.source],
      excludes: [],
      excludeCaches: false,
      oneFileSystem: false,
      excludeLargerThanBytes: null,
    },
    schedule: { cron: "30 2 * * *", timeZone: "Europe/Paris", missed: "catchUp" },
    retention: null,
    compression: "auto",
    tags: [],
    priority: 0,
    maxRetries: 0,
    verifyAfterRun: true,
  });
}

const OVER = ["succeeded", "warning", "failed", "canceled"];

export interface RunFacts extends Identified {
  state: string;
  snapshotId: number | null;
  message: string | null;
}

/** Runs a plan to its end, by the API. */
export async function runPlan(api: Api, planId: number): Promise<RunFacts> {
  const { runId } = await api.post<{ runId: number }>(`/api/plans/${planId}/execute`);
  let run = await api.get<RunFacts>(`/api/runs/${runId}`);
  await expect
    .poll(
      async () => {
        run = await api.get<RunFacts>(`/api/runs/${runId}`);
        return OVER.includes(run.state);
      },
      { timeout: 90_000, message: `run ${runId} ends` },
    )
    .toBe(true);
  return run;
}
