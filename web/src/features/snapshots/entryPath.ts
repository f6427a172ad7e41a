/** Paths of a snapshot's entries: percent-encoded bytes, so that a name that is not UTF-8 can be asked for too. */
import type { TrailStep } from "@/shared/browse/useFolderWalk";

/** For eyes: what is not UTF-8 becomes U+FFFD. */
export function decodePath(path: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < path.length; ) {
    const hex = /^%([0-9a-fA-F]{2})/.exec(path.slice(at, at + 3));
    if (hex?.[1]) {
      bytes.push(Number.parseInt(hex[1], 16));
      at += 3;
    } else {
      const character = String.fromCodePoint(path.codePointAt(at) ?? 0);
      bytes.push(...encoder.encode(character));
      at += character.length;
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** The folders above a path, each with the encoded path that opens it. */
export function trailOfEntry(path: string): TrailStep[] {
  const trail = [{ name: "/", path: "/" }];
  let whole = "";
  for (const part of path.split("/").filter(Boolean)) {
    whole += `/${part}`;
    trail.push({ name: decodePath(part), path: whole });
  }
  return trail;
}

/**
 * The folder to open first: the deepest one that holds everything a snapshot was taken of, so that each of its paths can be
 * ticked there. Its paths are text for eyes: one whose bytes are not all in it leads nowhere, and the root is opened.
 */
export function firstFolder(paths: readonly string[]): string {
  if (paths.length === 0 || paths.some((path) => !path.startsWith("/") || path.includes("\ufffd"))) return "/";
  const folders = paths.map((path) => path.split("/").filter(Boolean).slice(0, -1));
  const [first = [], ...others] = folders;
  const parting = first.findIndex((name, at) => others.some((other) => other[at] !== name));
  const common = parting === -1 ? first : first.slice(0, parting);
  return `/${common.map((name) => name.replaceAll("%", "%25")).join("/")}`;
}
