/** Rules of the house that no linter knows. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

function linesWith(pattern: RegExp, except: RegExp = /^$/): string[] {
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line, index) => ({ line, place: `${relative(SOURCES, file)}:${index + 1}` }))
      .filter(({ line, place }) => pattern.test(line) && !except.test(place))
      .map(({ line, place }) => `${place}: ${line.trim()}`),
  );
}

describe("the sources", () => {
  it("never poll: events say what is old", () => {
    expect(linesWith(/refetchInterval/)).toEqual([]);
    // The one clock lets "3 minutes ago" grow old; it reads no data.
    expect(linesWith(/\bsetInterval\(/, /^shared\/Time\.tsx:/)).toEqual([]);
  });

  it("speak to the server through one client and one socket", () => {
    expect(linesWith(/\bfetch\(/, /^api\/client\.ts:/)).toEqual([]);
    expect(linesWith(/new (WebSocket|EventSource|XMLHttpRequest)\b/, /^events\/socket\.ts:/)).toEqual([]);
  });

  it("put no markup of others into the page", () => {
    expect(linesWith(/dangerouslySetInnerHTML|\.innerHTML\b|\beval\(/)).toEqual([]);
  });

  it("take generated types through api/types.ts alone", () => {
    expect(linesWith(/from "(@\/api|\.)\/schema"/, /^api\/(client|types)\.ts:/)).toEqual([]);
  });

  it("have no room without walls: no file of 500 lines", () => {
    const long = files.filter(
      (file) => !file.endsWith("schema.d.ts") && readFileSync(file, "utf8").split("\n").length > 500,
    );
    expect(long.map((file) => relative(SOURCES, file))).toEqual([]);
  });
});
