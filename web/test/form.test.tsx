import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ApiError } from "@/api/errors";
import { problemOf } from "@/shared/form/fields";
import { showServerError, useAppForm } from "@/shared/form/useAppForm";

const schema = z.object({
  name: z.string(),
  sources: z.object({ folders: z.array(z.string()) }),
  retention: z.object({ within: z.string() }),
});
const FIELDS = ["name", "sources.folders", "retention"] as const;

const refusal = (field: string | null) => new ApiError(422, { code: "x.y", message: "No.", hint: "Do this.", field });

describe("what the server refuses", () => {
  it.each([
    ["name", "name"],
    ["sources.folders", "sources.folders"],
    ["sources.folders[3]", "sources.folders"],
    ["retention.within", "retention"],
    ["sources.elsewhere", null],
    [null, null],
  ] as const)("about %s stands at %s", (asked, field) => {
    const start = { name: "", sources: { folders: [] }, retention: { within: "" } };
    const { result } = renderHook(() => {
      const form = useAppForm(schema, start);
      return { form, errors: form.formState.errors };
    });
    act(() => showServerError(result.current.form, refusal(asked), FIELDS));
    const { form, errors } = result.current;
    if (field === null) expect(errors.root?.server?.message).toBe("No. Do this.");
    else expect(form.getFieldState(field).error?.message).toBe("No. Do this.");
  });
});

describe("the complaint about a value", () => {
  it.each([
    [undefined, undefined],
    [{ message: "whole" }, "whole"],
    [[undefined, { message: "second" }], "second"],
    [{ cron: { message: "deep" }, ref: { message: "an input" } }, "deep"],
    [{ ref: { message: "an input" } }, undefined],
  ])("%j is %s", (error, told) => {
    expect(problemOf(error)).toBe(told);
  });
});
