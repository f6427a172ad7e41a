import { useState } from "react";

export interface TrailStep {
  name: string;
  path: string;
}

export interface FolderWalk {
  /** The folder that is open, as the server names it. */
  path: string;
  /** From the root to it. */
  trail: TrailStep[];
  /** The folder above; `null` at the root. */
  parent: string | null;
  open: (path: string) => void;
}

/** Where one is in a tree of folders, and the ways from there. `trailOf` knows how this tree writes its paths. */
export function useFolderWalk(start: string, trailOf: (path: string) => TrailStep[]): FolderWalk {
  const [path, open] = useState(start);
  const trail = trailOf(path);
  return { path, trail, parent: trail.at(-2)?.path ?? null, open };
}
