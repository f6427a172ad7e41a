import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useFolderWalk } from "./useFolderWalk";

const letters = (path: string) => [...path].map((name, at) => ({ name, path: path.slice(0, at + 1) }));

describe("a walk through folders", () => {
  it("knows the folder above, and none above the root", () => {
    const { result } = renderHook(() => useFolderWalk("/ab", letters));
    expect(result.current.parent).toBe("/a");
    act(() => result.current.open("/"));
    expect(result.current).toMatchObject({ path: "/", parent: null, trail: [{ name: "/", path: "/" }] });
  });
});
