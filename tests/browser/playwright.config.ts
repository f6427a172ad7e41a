import { defineConfig } from "@playwright/test";

/** Each file starts servers of its own on fresh data directories; one browser at a time keeps a small machine honest. */
export default defineConfig({
  testDir: "./specs",
  outputDir: "../../.cache/test/browser",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["./support/tally.ts"]],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    screenshot: "only-on-failure",
    trace: "off",
    acceptDownloads: true,
    launchOptions: {
      executablePath: process.env.REMPART_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
