import { typeset } from "@/i18n/typeset";
import type { ErrorBody } from "./types";

/** A refusal of the server, or a request that never reached it (`status` 0, code `network`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly field: string | null;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code;
    this.hint = body.hint ?? null;
    this.field = body.field ?? null;
  }
}

/** True for an answer worth asking for again: the server was not reached, or was not ready. */
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 502 || error.status === 503);
}

export function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** The body of a refusal, also where a proxy answered in the server's place. */
export function errorBodyOf(value: unknown, status: number, fallback: string): ErrorBody {
  if (typeof value === "object" && value !== null && "code" in value && "message" in value) {
    const { code, message } = value;
    if (typeof code === "string" && typeof message === "string") {
      const hint = textOf(value, "hint");
      return { code, message: typeset(message), hint: hint && typeset(hint), field: textOf(value, "field") };
    }
  }
  return { code: `http_${status}`, message: fallback, hint: null, field: null };
}

function textOf(value: object, key: string): string | null {
  const found: unknown = Reflect.get(value, key);
  return typeof found === "string" ? found : null;
}
