import { Anchor, Breadcrumbs } from "@mantine/core";
import { HardDrive } from "lucide-react";
import type { FolderWalk } from "./useFolderWalk";

/** The folders from the root to the open one; each opens itself. */
export function Trail({ walk }: { walk: FolderWalk }) {
  return (
    <Breadcrumbs separatorMargin={4}>
      {walk.trail.map((step) => (
        <Anchor
          key={step.path}
          component="button"
          type="button"
          size="sm"
          ff="monospace"
          aria-current={step.path === walk.path ? "page" : undefined}
          aria-label={step.name}
          onClick={() => walk.open(step.path)}
        >
          {step.name === "/" ? <HardDrive size={15} aria-hidden style={{ display: "block" }} /> : step.name}
        </Anchor>
      ))}
    </Breadcrumbs>
  );
}
