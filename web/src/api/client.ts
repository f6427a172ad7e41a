/**
 * The one way to the server's API. Types come from its OpenAPI document; every refusal is thrown as an `ApiError`.
 *
 *   const pool = await ask(api.GET("/api/pools/{id}", { params: { path: { id } } }));
 *   await ask(api.DELETE("/api/pools/{id}", { params: { path: { id }, header: ifMatch(pool) } }));
 */
import createClient, { type Middleware } from "openapi-fetch";
import { i18n } from "@/i18n/i18n";
import { ApiError, errorBodyOf } from "./errors";
import type { paths } from "./schema";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

let csrfToken: string | null = null;

/** From `Me`; sent with every request that changes something. */
export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

const headers: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && !SAFE_METHODS.has(request.method)) request.headers.set("X-Rempart-Csrf", csrfToken);
    if (i18n.resolvedLanguage) request.headers.set("Accept-Language", i18n.resolvedLanguage);
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  // Looked up at each call, so that tests can put a server of their own behind it.
  fetch: (request) => globalThis.fetch(request),
});
api.use(headers);

/** For changes: refuses with 412 when somebody else has changed the object since it was read. */
export function ifMatch(object: { version: number }): { "If-Match": string } {
  return { "If-Match": `"${object.version}"` };
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for an answer and gives its body; throws `ApiError` for everything else. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, {
      code: "network",
      message: i18n.t("errors.network"),
      hint: i18n.t("errors.networkHint"),
      field: null,
    });
  }
  if (answer.error !== undefined || !answer.response.ok) {
    const { status } = answer.response;
    throw new ApiError(status, errorBodyOf(answer.error, status, i18n.t("errors.unexpected", { status })));
  }
  // An answer without a body (204) has no data, and its type says so.
  return answer.data as T;
}
