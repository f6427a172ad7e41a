/** Sentences: the same keys in both languages, and none outside of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { texts as english } from "@/i18n/en";
import { texts as french } from "@/i18n/fr";
import { firstLanguage, i18n } from "@/i18n/i18n";
import { typeset } from "@/i18n/typeset";

const SOURCES = join(import.meta.dirname, "../src");

function filesBelow(folder: string, suffix: RegExp): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && suffix.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function leaves(texts: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(`${prefix}${key}`, value);
    else for (const [inner, text] of leaves(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}

interface Description {
  paths: Record<string, Record<string, { operationId: string }>>;
}

describe("French and English", () => {
  const fr = leaves(french);
  const en = leaves(english);

  it("have the same keys", () => {
    expect([...en.keys()].sort()).toEqual([...fr.keys()].sort());
  });

  it("say something under each key, with the same values in it", () => {
    const values = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort();
    for (const [key, text] of fr) {
      const other = en.get(key) ?? "";
      expect(text.trim(), key).not.toBe("");
      expect(other.trim(), key).not.toBe("");
      expect(values(other), key).toEqual(values(text));
    }
  });

  it("write French as it is set: no straight apostrophe, a no-break space before double signs", () => {
    const straight = [...fr].filter(([, text]) => /\p{L}'\p{L}/u.test(text)).map(([key]) => key);
    expect(straight).toEqual([]);
    expect(typeset("Le dépôt « vm » : est-il là ?")).toBe("Le dépôt «\u00a0vm\u00a0»\u00a0: est-il là\u00a0?");
    expect(typeset("https://a:80/b?c; “x”: y")).toBe("https://a:80/b?c; “x”: y");
    expect(i18n.t("dashboard.question")).toBe("Sommes-nous protégés\u00a0?");
  });

  it("hold no sentence that nothing says any more", () => {
    const sources = filesBelow(SOURCES, /\.tsx?$/)
      .filter((file) => !file.startsWith(join(SOURCES, "i18n/")))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    const written = new Set([...sources.matchAll(/["'`]([\w.-]+)["'`]/g)].map((match) => match[1]));
    // Keys that are put together, behind a first word: `runState.${state}`.
    const patterns = [...sources.matchAll(/`([a-zA-Z]+\.(?:[\w.-]|\$\{[^}]+\})*)`/g)].map(
      (match) => new RegExp(`^${(match[1] ?? "").replaceAll(".", "\\.").replace(/\$\{[^}]+\}/g, "[\\w.]+")}$`),
    );
    const silent = [...en.keys()]
      .map((key) => key.replace(/_(one|other)$/, ""))
      .filter((key) => !written.has(key) && !patterns.some((pattern) => pattern.test(key)));
    expect([...new Set(silent)]).toEqual([]);
  });

  it("have words for everything that the audit log writes down", () => {
    const description: Description = JSON.parse(
      readFileSync(join(SOURCES, "../../control/server/openapi.json"), "utf8"),
    );
    const changes = Object.values(description.paths)
      .flatMap((methods) => Object.entries(methods))
      .filter(([method, { operationId }]) => method !== "get" || operationId === "snapshots.download")
      .map(([, { operationId }]) => operationId);
    expect(changes.length).toBeGreaterThan(40);
    expect(changes.filter((operation) => !en.has(`auditAction.${operation}`))).toEqual([]);
  });

  it("have both forms of each counted sentence", () => {
    for (const keys of [fr, en]) {
      const singular = [...keys.keys()].filter((key) => key.endsWith("_one"));
      for (const key of singular) expect(keys.has(key.replace(/_one$/, "_other")), key).toBe(true);
    }
  });
});

describe("the first language", () => {
  it.each([
    [null, ["de-DE", "en-US"], "en"],
    [null, ["fr-CA", "en"], "fr"],
    [null, ["de", "es"], "fr"],
    [null, [], "fr"],
    ["en", ["fr"], "en"],
    ["klingon", ["en"], "en"],
  ] as const)("chosen %s, browser %j: %s", (chosen, wanted, expected) => {
    expect(firstLanguage(chosen, wanted)).toBe(expected);
  });
});

/** Attributes whose text people read or hear. */
const READ = new Set(["label", "title", "placeholder", "description", "alt", "aria-label", "hint", "header", "action"]);
/** A word: two letters in a row. Signs, units and numbers are nobody's language. */
const WORD = /\p{L}{2,}/u;
/** Example values of a technical form, the same in every language. */
const EXAMPLE =
  /^(rempart|eu-west-3|ssh-keygen -lf \S+|smtp\.example\.org|[\w.-]+@example\.org|https?:\/\/\S+|\/[\w./-]*|[a-z0-9*._/:-]*[*./:][a-z0-9*._/:-]*)$/;

function bareTexts(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const note = (node: ts.Node, text: string) => {
    if (!WORD.test(text) || EXAMPLE.test(text.trim())) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${relative(SOURCES, file)}:${line + 1}: ${text.trim()}`);
  };
  const look = (node: ts.Node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    if (ts.isJsxExpression(node) && node.expression && ts.isStringLiteralLike(node.expression)) {
      if (ts.isJsxElement(node.parent) || ts.isJsxFragment(node.parent)) note(node, node.expression.text);
    }
    if (ts.isJsxAttribute(node) && READ.has(node.name.getText()) && node.initializer) {
      const { initializer } = node;
      if (ts.isStringLiteral(initializer)) note(node, initializer.text);
      else if (
        ts.isJsxExpression(initializer) &&
        initializer.expression &&
        ts.isStringLiteralLike(initializer.expression)
      )
        note(node, initializer.expression.text);
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

describe("components", () => {
  it("hold no bare text", () => {
    const files = filesBelow(SOURCES, /\.tsx$/);
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap(bareTexts)).toEqual([]);
  });
});
