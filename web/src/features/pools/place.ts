import { Cloud, HardDrive, type LucideIcon, Server } from "lucide-react";
import type { PoolKind } from "@/api/types";

export const POOL_KINDS: { kind: PoolKind; icon: LucideIcon }[] = [
  { kind: "local", icon: HardDrive },
  { kind: "s3", icon: Cloud },
  { kind: "sftp", icon: Server },
  { kind: "gcs", icon: Cloud },
  { kind: "azure", icon: Cloud },
];

export const poolIcon = (kind: PoolKind): LucideIcon =>
  POOL_KINDS.find((known) => known.kind === kind)?.icon ?? HardDrive;

/** The steps of a test, in their order; which of them a place answers depends on it. */
export const TEST_STEPS = ["connect", "create", "write", "read", "list", "delete"] as const;
