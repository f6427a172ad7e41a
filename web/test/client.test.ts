import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { api, ask, ifMatch, rememberCsrfToken } from "@/api/client";
import { ApiError } from "@/api/errors";
import { safeTarget } from "@/pages/entry/enter";
import { camille, server } from "./server";

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  server.resetHandlers();
  rememberCsrfToken(null);
});
afterAll(() => server.close());

async function refusal(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("the client", () => {
  it("sends the CSRF token with changes only, the language with everything, and what version it has seen", async () => {
    const seen: Record<string, string | null>[] = [];
    const note = ({ request }: { request: Request }) => {
      const { headers } = request;
      seen.push({
        csrf: headers.get("x-rempart-csrf"),
        match: headers.get("if-match"),
        language: headers.get("accept-language"),
      });
      return HttpResponse.json(camille);
    };
    server.use(http.get("*/api/auth/me", note), http.patch("*/api/users/:id", note));
    rememberCsrfToken("token-1");
    await ask(api.GET("/api/auth/me"));
    await ask(
      api.PATCH("/api/users/{id}", { params: { path: { id: 1 }, header: ifMatch(camille) }, body: { disabled: true } }),
    );
    expect(seen).toEqual([
      { csrf: null, match: null, language: "fr" },
      { csrf: "token-1", match: '"3"', language: "fr" },
    ]);
  });

  it("throws what the server refused, with its hint and field", async () => {
    const body = {
      code: "user.name_taken",
      message: "Ce nom est pris.",
      hint: "Choisissez-en un autre.",
      field: "name",
    };
    server.use(http.get("*/api/users", () => HttpResponse.json(body, { status: 409 })));
    const error = await refusal(ask(api.GET("/api/users")));
    expect(error).toMatchObject({ status: 409, ...body });
  });

  it("makes a sentence of an answer that is no answer of ours", async () => {
    server.use(http.get("*/api/users", () => new HttpResponse("<html>Bad gateway</html>", { status: 502 })));
    const error = await refusal(ask(api.GET("/api/users")));
    expect(error).toMatchObject({ status: 502, code: "http_502" });
    expect(error.message).toContain("502");
  });

  it("says that the server was not reached, and what to do", async () => {
    server.use(http.get("*/api/users", () => HttpResponse.error()));
    const error = await refusal(ask(api.GET("/api/users")));
    expect(error).toMatchObject({ status: 0, code: "network", message: "Le serveur n’a pas répondu." });
    expect(error.hint).not.toBeNull();
  });
});

describe("where a login leads", () => {
  it.each([
    ["/plans/3?tab=runs", "/plans/3?tab=runs"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example", "/"],
    ["javascript:alert(1)", "/"],
    [undefined, "/"],
    [42, "/"],
  ])("%s: %s", (wanted, target) => {
    expect(safeTarget(wanted)).toBe(target);
  });
});
