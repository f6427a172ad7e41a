import type { texts as french } from "../fr";
import type { SameKeys } from "../keys";
import { access } from "./access";
import { auditAction } from "./auditAction";
import { common } from "./common";
import { machinery } from "./machinery";
import { operations } from "./operations/index";
import { states } from "./states";

export const texts = {
  ...common,
  ...states,
  ...access,
  ...auditAction,
  ...machinery,
  ...operations,
} satisfies SameKeys<typeof french>;
