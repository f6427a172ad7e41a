import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { changeLanguage } from "@/i18n/i18n";
import { UsersPage } from "@/pages/users/UsersPage";
import { ConfirmDialog } from "@/shared/ConfirmDialog";
import { ActionButton } from "@/shared/permission";
import { RunStateBadge } from "@/shared/StatusBadge";
import { RUN_FACES } from "@/shared/status";
import { problemsOf, renderPage } from "./page";
import { administrator, camille, server, viewer } from "./server";

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(async () => {
  server.resetHandlers();
  await changeLanguage("fr");
});
afterAll(() => server.close());

describe("a button that a role may not press", () => {
  it("is there, does nothing, and says why", async () => {
    const press = vi.fn();
    await renderPage(
      () => (
        <ActionButton permission="run" onClick={press}>
          go
        </ActionButton>
      ),
      { me: viewer },
    );
    const button = screen.getByRole("button", { name: "go" });
    expect(button).toHaveAttribute("aria-disabled", "true");
    await userEvent.tab();
    expect(button).toHaveFocus();
    expect(await screen.findByText(/Votre rôle \(Lecteur\)/)).toBeInTheDocument();
    await userEvent.click(button);
    expect(press).not.toHaveBeenCalled();
  });

  it("works for a role that may", async () => {
    const press = vi.fn();
    await renderPage(
      () => (
        <ActionButton permission="run" onClick={press}>
          go
        </ActionButton>
      ),
      { me: administrator },
    );
    await userEvent.click(screen.getByRole("button", { name: "go" }));
    expect(press).toHaveBeenCalledOnce();
  });
});

describe("a dialog before what cannot be undone", () => {
  it("works only once the name was typed", async () => {
    const confirm = vi.fn();
    await renderPage(() => (
      <ConfirmDialog opened onClose={() => undefined} onConfirm={confirm} title="?" action="delete" typeName="web-1">
        gone
      </ConfirmDialog>
    ));
    const button = await screen.findByRole("button", { name: "delete" });
    await userEvent.click(button);
    expect(confirm).not.toHaveBeenCalled();
    expect(screen.getByText("Le texte saisi ne correspond pas encore.")).toBeInTheDocument();
    await userEvent.type(screen.getByRole("textbox"), "web-1");
    await userEvent.click(button);
    expect(confirm).toHaveBeenCalledOnce();
  });
});

describe("a state", () => {
  it("has a word and an icon in both languages, never a colour alone", async () => {
    for (const language of ["fr", "en"] as const) {
      await changeLanguage(language);
      const { container, unmount } = await renderPage(() => (
        <>
          {Object.keys(RUN_FACES).map((state) => (
            <RunStateBadge key={state} state={state as keyof typeof RUN_FACES} />
          ))}
        </>
      ));
      const badges = [...container.querySelectorAll("[data-tone]")];
      expect(badges).toHaveLength(Object.keys(RUN_FACES).length);
      for (const badge of badges) {
        expect(badge.textContent?.trim()).not.toBe("");
        expect(badge.querySelector("svg")).not.toBeNull();
      }
      unmount();
    }
  });
});

describe("the list of users", () => {
  const page = (items: object[]) => HttpResponse.json({ items, nextCursor: null, total: items.length });

  it("asks the server for a page, and again when something is looked for", async () => {
    const asked: string[] = [];
    server.use(
      http.get("*/api/users", ({ request }) => {
        asked.push(new URL(request.url).search);
        return page([camille]);
      }),
    );
    await renderPage(UsersPage, { me: administrator });
    expect(await screen.findByText("1 élément")).toBeInTheDocument();
    await userEvent.type(screen.getByRole("searchbox"), "cam");
    await waitFor(() => expect(asked.at(-1)).toBe("?limit=50&q=cam"));
    expect(asked[0]).toBe("?limit=50");
  });

  it("shows what was refused, and asks again", async () => {
    let refuse = true;
    server.use(
      http.get("*/api/users", () =>
        refuse
          ? HttpResponse.json({ code: "x", message: "Pas maintenant.", hint: null, field: null }, { status: 500 })
          : page([camille]),
      ),
    );
    await renderPage(UsersPage, { me: administrator });
    expect(await screen.findByText("Pas maintenant.")).toBeInTheDocument();
    refuse = false;
    await userEvent.click(screen.getByRole("button", { name: "Réessayer" }));
    expect(await screen.findByText("1 élément")).toBeInTheDocument();
  });

  it("can be used by everybody: axe finds nothing", async () => {
    server.use(http.get("*/api/users", () => page([camille])));
    const { container } = await renderPage(UsersPage, { me: administrator });
    await screen.findByText("1 élément");
    expect(await problemsOf(container)).toEqual([]);
  });
});
