import { describe, expect, it } from "vitest";
import { decodePath, firstFolder, trailOfEntry } from "./entryPath";

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

describe("the folder that is opened first", () => {
  it.each([
    [["/srv/www"], "/srv"],
    [["/srv/www/a", "/srv/www/b"], "/srv/www"],
    [["/srv/www", "/srv/www-old"], "/srv"],
    [["/srv/a", "/srv/a/b/c"], "/srv"],
    [["/etc", "/home"], "/"],
    [["/"], "/"],
    [[], "/"],
    [["/srv/50% off/a"], "/srv/50%25 off"],
    [["/srv/caf\ufffd/a"], "/"],
    [["C:\\data"], "/"],
  ])("of %j is %s", (paths, folder) => {
    expect(firstFolder(paths)).toBe(folder);
  });
});
