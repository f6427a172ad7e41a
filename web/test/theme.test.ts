import { describe, expect, it } from "vitest";
import { ROLES } from "@/theme/theme";

/** WCAG 2.1: relative luminance and contrast. */
function luminance(hex: string): number {
  const channel = (start: number) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(first: string, second: string): number {
  const [low = 0, high = 0] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

type Role = keyof (typeof ROLES)["light"];

/** Text and what it stands on. */
const PAIRS: readonly [Role, Role][] = [
  ...(["--rp-ground", "--rp-panel", "--rp-sunken"] as const).flatMap((ground): [Role, Role][] => [
    ["--rp-text", ground],
    ["--rp-quiet", ground],
    ["--rp-link", ground],
    ["--rp-failed", ground],
    ["--rp-warning", ground],
    ["--rp-ok", ground],
    ["--rp-running", ground],
    ["--rp-overdue", ground],
  ]),
  ["--rp-bar-text", "--rp-bar"],
  ["--rp-bar-strong", "--rp-bar"],
  ["--rp-bar-strong", "--rp-bar-active"],
  ["--rp-ok", "--rp-ok-ground"],
  ["--rp-warning", "--rp-warning-ground"],
  ["--rp-failed", "--rp-failed-ground"],
  ["--rp-running", "--rp-running-ground"],
  ["--rp-overdue", "--rp-overdue-ground"],
  ["--rp-idle", "--rp-idle-ground"],
];

describe.each(["light", "dark"] as const)("the %s colours", (scheme) => {
  it.each(PAIRS)("%s on %s can be read (4.5:1)", (text, ground) => {
    expect(contrast(ROLES[scheme][text], ROLES[scheme][ground])).toBeGreaterThanOrEqual(4.5);
  });
});
