import type { RoleName } from "@/api/types";

/** From the one who may do most to the one who may do least. */
export const ROLES: readonly RoleName[] = ["administrator", "operator", "restorer", "viewer"];
