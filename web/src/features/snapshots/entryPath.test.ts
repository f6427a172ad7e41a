import { describe, expect, it } from "vitest";
import { decodePath, trailOfEntry } from "./entryPath";

describe("an entry's path", () => {
  it.each([
    ["/home/a%20b.txt", "/home/a b.txt"],
    ["/%C3%A9t%C3%A9", "/été"],
    ["/été", "/été"],
    ["/100%25", "/100%"],
    ["/100%", "/100%"],
    ["/caf%E9", "/caf\ufffd"],
  ])("%s is shown as %s", (path, shown) => {
    expect(decodePath(path)).toBe(shown);
  });

  it("leads back through its folders by their encoded paths", () => {
    expect(trailOfEntry("/srv/%C3%A9t%C3%A9")).toEqual([
      { name: "/", path: "/" },
      { name: "srv", path: "/srv" },
      { name: "été", path: "/srv/%C3%A9t%C3%A9" },
    ]);
  });
});
