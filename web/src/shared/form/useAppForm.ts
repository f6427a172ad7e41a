/** Forms: react-hook-form with a zod schema, whose complaints come in the current language. */
import { zodResolver } from "@hookform/resolvers/zod";
import { type DefaultValues, type FieldPath, type FieldValues, type UseFormReturn, useForm } from "react-hook-form";
import * as z from "zod";
import { ApiError } from "@/api/errors";
import { i18n } from "@/i18n/i18n";
import { messageOf } from "../notify";

z.config({ customError: complaint });

/** What a rule of zod says to a person. Rules with a message of their own keep it. */
function complaint(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined || issue.input === null || issue.input === "") return i18n.t("form.required");
      return issue.expected === "number" ? i18n.t("form.notNumber") : i18n.t("form.invalid");
    case "too_small": {
      const minimum = Number(issue.minimum);
      if (issue.origin !== "string") return i18n.t("form.tooSmall", { minimum });
      return issue.input === "" ? i18n.t("form.required") : i18n.t("form.tooShort", { count: minimum });
    }
    case "too_big":
      return issue.origin === "string"
        ? i18n.t("form.tooLong", { count: Number(issue.maximum) })
        : i18n.t("form.tooBig", { maximum: Number(issue.maximum) });
    case "invalid_format":
      if (issue.input === "") return i18n.t("form.required");
      if (issue.format === "email") return i18n.t("form.email");
      return issue.format === "url" ? i18n.t("form.url") : i18n.t("form.invalid");
    default:
      return i18n.t("form.invalid");
  }
}

export function useAppForm<In extends FieldValues, Out extends FieldValues>(
  schema: z.ZodType<Out, In>,
  defaultValues: DefaultValues<In>,
): UseFormReturn<In, unknown, Out> {
  return useForm<In, unknown, Out>({
    resolver: zodResolver(schema),
    defaultValues,
    mode: "onTouched",
  });
}

/** The form's field for the server's: `sources.folders[0]` belongs to `sources.folders`, `retention.within` to `retention`. */
function nearest<F extends string>(asked: string | null, fields: readonly F[]): F | undefined {
  for (let name = asked ?? ""; name !== ""; name = name.replace(/(\[\d+\]|\.?[^.[]+)$/, "")) {
    const found = fields.find((field) => field === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Shows what the server refused: beside its field where the form has it, else above the buttons (`FormProblem`).
 * For mutations with `meta: { quiet: true }`.
 */
export function showServerError<In extends FieldValues, Out extends FieldValues>(
  form: UseFormReturn<In, unknown, Out>,
  error: unknown,
  fields: readonly FieldPath<In>[],
): void {
  const hint = error instanceof ApiError && error.hint ? ` ${error.hint}` : "";
  const message = `${messageOf(error)}${hint}`;
  const field = error instanceof ApiError ? nearest(error.field, fields) : undefined;
  if (field !== undefined) form.setError(field, { type: "server", message }, { shouldFocus: true });
  else form.setError("root.server", { type: "server", message });
}
