/** A pool as its form holds it; what comes out of the check is what is asked of the server. */
import * as z from "zod";
import type { Pool, PoolKind } from "@/api/types";
import { i18n } from "@/i18n/i18n";

/** A field that may stay empty: the server then takes its default, or keeps the secret that it has. */
const optional = z
  .string()
  .trim()
  .nullish()
  .transform((text) => text || null);
const needed = z.string().trim().min(1);
const prefix = z.string().trim();

const placeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("local"),
    path: needed.refine((path) => path === "" || path.startsWith("/"), {
      error: () => i18n.t("form.absolutePath"),
    }),
  }),
  z.object({
    kind: z.literal("s3"),
    endpoint: optional,
    region: optional,
    bucket: needed,
    prefix,
    accessKeyId: optional,
    secretAccessKey: optional,
  }),
  z.object({ kind: z.literal("gcs"), bucket: needed, prefix, serviceAccountKey: optional, endpoint: optional }),
  z.object({
    kind: z.literal("azure"),
    account: needed,
    container: needed,
    prefix,
    accountKey: optional,
    endpoint: optional,
  }),
  z.object({
    kind: z.literal("sftp"),
    host: needed,
    port: z.number().int().min(1).max(65_535),
    user: needed,
    path: needed,
    password: optional,
    privateKey: optional,
    hostKeyFingerprint: optional,
  }),
]);

export const poolSchema = z.object({
  /** Empty: the kind's own name. */
  name: z.string().trim().max(100),
  place: placeSchema,
});

export type PoolValues = z.input<typeof poolSchema>;
export type PoolChecked = z.output<typeof poolSchema>;

export function emptyPlace(kind: PoolKind): PoolValues["place"] {
  switch (kind) {
    case "local":
      return { kind, path: "" };
    case "s3":
      return { kind, bucket: "", prefix: "" };
    case "gcs":
      return { kind, bucket: "", prefix: "" };
    case "azure":
      return { kind, account: "", container: "", prefix: "" };
    case "sftp":
      return { kind, host: "", port: 22, user: "", path: "" };
  }
}

export function poolValues(pool: Pool | undefined): PoolValues {
  return { name: pool?.name ?? "", place: pool?.place ?? emptyPlace("local") };
}

/**
 * Another host has another key: what was confirmed for the old one says nothing about it, and the server shows the new
 * one's to be confirmed.
 */
export function withKnownHostKey(
  place: PoolChecked["place"],
  known: PoolChecked["place"] | null,
): PoolChecked["place"] {
  if (place.kind !== "sftp") return place;
  const same = known?.kind === "sftp" && known.host === place.host && known.port === place.port;
  return { ...place, hostKeyFingerprint: same ? known.hostKeyFingerprint : null };
}
