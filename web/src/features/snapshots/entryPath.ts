/** Paths of a snapshot's entries: percent-encoded bytes, so that a name that is not UTF-8 can be asked for too. */

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
export function trailOfEntry(path: string): { name: string; path: string }[] {
  const trail = [{ name: "/", path: "/" }];
  let whole = "";
  for (const part of path.split("/").filter(Boolean)) {
    whole += `/${part}`;
    trail.push({ name: decodePath(part), path: whole });
  }
  return trail;
}
