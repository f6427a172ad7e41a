import { Cloud, HardDrive, type LucideIcon, Server } from "lucide-react";
import type { PoolKind, PoolPlace } from "@/api/types";

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

export function emptyPlace(kind: PoolKind): PoolPlace {
  switch (kind) {
    case "local":
      return { kind, path: "" };
    case "s3":
      return { kind, endpoint: null, region: null, bucket: "", prefix: "", accessKeyId: null, secretAccessKey: null };
    case "gcs":
      return { kind, bucket: "", prefix: "", serviceAccountKey: null, endpoint: null };
    case "azure":
      return { kind, account: "", container: "", prefix: "", accountKey: null, endpoint: null };
    case "sftp":
      return {
        kind,
        host: "",
        port: 22,
        user: "",
        path: "",
        password: null,
        privateKey: null,
        hostKeyFingerprint: null,
      };
  }
}

/** The first thing that is missing before a test makes sense, as a key of `pools.missing`. */
export function missingOf(place: PoolPlace): "path" | "absolute" | "bucket" | "account" | "host" | "user" | null {
  switch (place.kind) {
    case "local":
      if (!place.path) return "path";
      return place.path.startsWith("/") ? null : "absolute";
    case "s3":
    case "gcs":
      return place.bucket ? null : "bucket";
    case "azure":
      return place.account && place.container ? null : "account";
    case "sftp":
      if (!place.host) return "host";
      if (!place.user) return "user";
      return place.path ? null : "path";
  }
}
