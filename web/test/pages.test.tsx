/** Lists that are part of a page: page by page, searched by the server once they are long. */
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Session, Worker } from "@/api/types";
import { SessionsSection } from "@/pages/account/SessionsSection";
import { WorkersPage } from "@/pages/workers/WorkersPage";
import { problemsOf, renderPage } from "./page";
import { administrator, server } from "./server";

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const sessions = (count: number): Session[] =>
  Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    createdAt: "2026-11-01T08:00:00Z",
    lastSeenAt: "2026-11-20T08:00:00Z",
    expiresAt: "2026-12-20T08:00:00Z",
    address: `192.0.2.${at + 1}`,
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    current: at === 0,
  }));

const workers = (count: number): Worker[] =>
  Array.from({ length: count }, (_, at) => ({
    name: `w${at + 1}`,
    state: "idle",
    embedded: true,
    hostName: at < 8 ? "web" : "archive",
    pid: 7,
    startedAt: "2026-11-01T08:00:00Z",
    uptimeSeconds: 60,
    residentBytes: 1000,
    cpuPercent: 1,
    currentJobId: null,
    jobsDone: 0,
  }));

/** Serves `all` in pages of ten, and keeps what was asked. */
function served<T>(path: string, all: T[], matches: (one: T, q: string) => boolean): string[] {
  const asked: string[] = [];
  server.use(
    http.get(path, ({ request }) => {
      const { searchParams, search } = new URL(request.url);
      asked.push(search);
      const found = all.filter((one) => matches(one, searchParams.get("q") ?? ""));
      const from = Number(searchParams.get("cursor") ?? 0);
      const items = found.slice(from, from + 10);
      const nextCursor = from + 10 < found.length ? String(from + 10) : null;
      return HttpResponse.json({ items, nextCursor, total: found.length });
    }),
  );
  return asked;
}

it("a few sessions stand there without a search, and nothing more to ask for", async () => {
  served("*/api/auth/sessions", sessions(3), () => true);
  const { container } = await renderPage(SessionsSection, { me: administrator });
  expect(await screen.findAllByRole("listitem")).toHaveLength(3);
  expect(screen.queryByRole("searchbox")).toBeNull();
  expect(screen.queryByRole("button", { name: "Afficher la suite" })).toBeNull();
  expect(await problemsOf(container)).toEqual([]);
});

it("many sessions come page by page, and are searched by the server", async () => {
  const asked = served("*/api/auth/sessions", sessions(25), ({ address }, q) => address.includes(q));
  await renderPage(SessionsSection, { me: administrator });
  expect(await screen.findAllByRole("listitem")).toHaveLength(10);
  expect(screen.getByText("25 éléments")).toBeInTheDocument();
  const more = () => screen.getByRole("button", { name: "Afficher la suite" });
  await userEvent.click(more());
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(20));
  await userEvent.click(more());
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(25));
  expect(asked).toEqual(["?limit=50", "?limit=50&cursor=10", "?limit=50&cursor=20"]);

  await userEvent.type(screen.getByRole("searchbox"), "2.25");
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(1));
  expect(asked.at(-1)).toBe("?limit=50&q=2.25");
  await userEvent.type(screen.getByRole("searchbox"), "x");
  expect(await screen.findByText("Rien ne correspond")).toBeInTheDocument();
  expect(screen.getByRole("searchbox")).toHaveFocus();
});

it("workers of one process stay together over the pages", async () => {
  served("*/api/workers", workers(14), ({ name, hostName }, q) => `${name} ${hostName}`.includes(q));
  const { container } = await renderPage(WorkersPage, { me: administrator });
  expect(await screen.findAllByRole("article")).toHaveLength(10);
  await userEvent.click(screen.getByRole("button", { name: "Afficher la suite" }));
  await waitFor(() => expect(screen.getAllByRole("article")).toHaveLength(14));
  expect(screen.getAllByRole("region").map((card) => card.querySelectorAll("article").length)).toEqual([8, 6]);
  expect(await problemsOf(container)).toEqual([]);
  await userEvent.type(screen.getByRole("searchbox"), "archive");
  await waitFor(() => expect(screen.getAllByRole("article")).toHaveLength(6));
});
