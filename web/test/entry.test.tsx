import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LoginPage } from "@/pages/login/LoginPage";
import { SetupPage, tokenOf } from "@/pages/setup/SetupPage";
import { problemsOf, renderPage } from "./page";
import { administrator, server } from "./server";

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const refuse = (code: string, message: string, status: number) =>
  HttpResponse.json({ code, message, hint: null, field: null }, { status });

describe("signing in", () => {
  it("asks for the second step where the account has one, then leads to where one wanted to go", async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post("*/api/auth/login", async ({ request }) => {
        const body: unknown = await request.json();
        bodies.push(body);
        const code: unknown = Reflect.get(Object(body), "totp");
        if (code === null) return refuse("auth.totp_required", "Code ?", 401);
        if (code !== "123456") return refuse("auth.wrong_totp", "Ce code est faux.", 401);
        return HttpResponse.json(administrator.user);
      }),
      http.get("*/api/auth/me", () => HttpResponse.json(administrator)),
    );
    const { router } = await renderPage(LoginPage, { path: "/?redirect=%2Fplans" });
    await userEvent.type(screen.getByLabelText("Nom d’utilisateur"), "camille");
    await userEvent.type(screen.getByLabelText("Mot de passe"), "trois mots et demi");
    await userEvent.click(screen.getByRole("button", { name: "Se connecter" }));

    await userEvent.type(await screen.findByLabelText("Code"), "000000");
    await userEvent.click(screen.getByRole("button", { name: "Vérifier" }));
    expect(await screen.findByText("Ce code est faux.")).toBeInTheDocument();

    await userEvent.clear(screen.getByLabelText("Code"));
    await userEvent.type(screen.getByLabelText("Code"), "123456");
    await userEvent.click(screen.getByRole("button", { name: "Vérifier" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/plans"));
    expect(bodies.at(-1)).toEqual({ name: "camille", password: "trois mots et demi", totp: "123456" });
  });

  it("says what was wrong, and forgets nothing that was typed", async () => {
    server.use(http.post("*/api/auth/login", () => refuse("auth.wrong_credentials", "Nom ou mot de passe faux.", 401)));
    const { container } = await renderPage(LoginPage);
    await userEvent.type(screen.getByLabelText("Nom d’utilisateur"), "camille");
    await userEvent.type(screen.getByLabelText("Mot de passe"), "faux");
    await userEvent.click(screen.getByRole("button", { name: "Se connecter" }));
    expect(await screen.findByText("Nom ou mot de passe faux.")).toBeInTheDocument();
    expect(screen.getByLabelText("Nom d’utilisateur")).toHaveValue("camille");
    expect(await problemsOf(container)).toEqual([]);
  });
});

describe("the first administrator", () => {
  it("finds the token behind the # of the link", () => {
    expect(tokenOf("#token=abc-123")).toBe("abc-123");
    expect(tokenOf("")).toBe("");
  });

  it("is not made with a short password or two different ones", async () => {
    const { container } = await renderPage(SetupPage);
    await userEvent.type(screen.getByLabelText("Code d’installation"), "abc");
    await userEvent.type(screen.getByLabelText("Nom d’utilisateur"), "camille");
    await userEvent.type(screen.getByLabelText("Mot de passe"), "court");
    await userEvent.type(screen.getByLabelText("Mot de passe, encore une fois"), "autre");
    await userEvent.click(screen.getByRole("button", { name: "Créer le compte et commencer" }));
    expect(await screen.findByText("Au moins 10 caractères.")).toBeInTheDocument();
    expect(await problemsOf(container)).toEqual([]);
  });
});
