import { machine } from "./machine";
import { protection } from "./protection";
import { storage } from "./storage";
import { work } from "./work";

/** What is protected, where it lies, what ran, and bringing it back. */
export const operations = { ...machine, ...protection, ...storage, ...work };
