import { access } from "./access";
import { common } from "./common";
import { machinery } from "./machinery";
import { operations } from "./operations/index";
import { states } from "./states";

export const texts = { ...common, ...states, ...access, ...machinery, ...operations };
