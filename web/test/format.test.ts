import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatHour, formatPercent, formatRate, formatRelative } from "@/shared/format";

/** Spaces of every width as plain ones, so that expectations can be read. */
const plain = (text: string) => text.replace(/\s/gu, " ");

describe("sizes", () => {
  it.each([
    [0, "0 o", "0 B"],
    [1023, "1 023 o", "1,023 B"],
    [1024, "1 Kio", "1 KiB"],
    [1536, "1,5 Kio", "1.5 KiB"],
    [1024 ** 2 * 12.34, "12,3 Mio", "12.3 MiB"],
    [1024 ** 3 * 512, "512 Gio", "512 GiB"],
    [1024 ** 4, "1 Tio", "1 TiB"],
    [1024 ** 5 * 2048, "2 048 Pio", "2,048 PiB"],
  ])("%d bytes", (bytes, french, english) => {
    expect(plain(formatBytes(bytes, "fr"))).toBe(french);
    expect(plain(formatBytes(bytes, "en"))).toBe(english);
  });

  it("of a rate are a size each second", () => {
    expect(plain(formatRate(1024 ** 2, "fr"))).toBe("1 Mio/s");
  });
});

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [0.4, "0 s"],
    [59, "59 s"],
    [60, "1 min"],
    [3661, "1 h 1 min"],
    [3605, "1 h"],
    [90_000, "1 j 1 h"],
  ])("%d seconds show their two largest units", (seconds, shown) => {
    expect(plain(formatDuration(seconds, "fr"))).toBe(shown);
  });
});

describe("shares", () => {
  it("never say 100 % before the end", () => {
    expect(plain(formatPercent(0.9996, "en"))).toBe("99.9%");
    expect(plain(formatPercent(1, "en"))).toBe("100%");
    expect(plain(formatPercent(0.5, "fr"))).toBe("50 %");
  });
});

describe("hours on an axis", () => {
  it("say the day where it begins", () => {
    const at = (hour: number) => new Date(2026, 10, 22, hour).toISOString();
    expect([formatHour(at(16), "fr"), formatHour(at(0), "fr")].map(plain)).toEqual(["16:00", "22 nov."]);
    expect([formatHour(at(16), "en"), formatHour(at(0), "en")].map(plain)).toEqual(["16:00", "22 Nov"]);
  });
});

describe("relative times", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  it.each([
    ["2026-11-21T11:59:30Z", "à l’instant", "just now"],
    ["2026-11-21T12:00:30Z", "dans un instant", "in a moment"],
    ["2026-11-21T11:57:00Z", "il y a 3 minutes", "3 minutes ago"],
    ["2026-11-21T14:00:00Z", "dans 2 heures", "in 2 hours"],
    ["2026-11-20T11:00:00Z", "hier", "yesterday"],
    ["2025-11-01T11:00:00Z", "l’année dernière", "last year"],
  ])("%s", (instant, french, english) => {
    expect(formatRelative(instant, now, "fr")).toBe(french);
    expect(formatRelative(instant, now, "en")).toBe(english);
  });
});
