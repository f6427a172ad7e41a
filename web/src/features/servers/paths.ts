/** Absolute POSIX paths, as text. */
import type { TrailStep } from "@/shared/browse/useFolderWalk";

/** `/`, `/srv`, `/srv/www`: what a trail of links shows. */
export function trailOf(path: string): TrailStep[] {
  const trail = [{ name: "/", path: "/" }];
  let whole = "";
  for (const name of path.split("/").filter(Boolean)) {
    whole += `/${name}`;
    trail.push({ name, path: whole });
  }
  return trail;
}

export function isWithin(path: string, folder: string): boolean {
  return folder === "/" ? path !== "/" : path.startsWith(`${folder}/`);
}

/** Adds a path; what lies in it goes, and what lies in another chosen one is not added. */
export function addPath(chosen: readonly string[], path: string): string[] {
  const clean = path.length > 1 ? path.replace(/\/+$/, "") : path;
  if (chosen.some((other) => other === clean || isWithin(clean, other))) return [...chosen];
  return [...chosen.filter((other) => !isWithin(other, clean)), clean].sort();
}
