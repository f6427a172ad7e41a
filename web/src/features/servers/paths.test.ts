import { describe, expect, it } from "vitest";
import { addPath, isWithin, trailOf } from "./paths";

describe("paths of folders", () => {
  it("are shown as a trail", () => {
    expect(trailOf("/srv/www").map((step) => step.path)).toEqual(["/", "/srv", "/srv/www"]);
  });

  it("lie within a folder only below a slash", () => {
    expect(isWithin("/srv/www2", "/srv/www")).toBe(false);
    expect(isWithin("/srv/www/a", "/srv/www")).toBe(true);
    expect(isWithin("/etc", "/")).toBe(true);
  });

  it("are chosen once: a folder takes the place of what lies in it", () => {
    expect(addPath(["/srv/www", "/etc"], "/srv/")).toEqual(["/etc", "/srv"]);
    expect(addPath(["/srv"], "/srv/www")).toEqual(["/srv"]);
  });
});
