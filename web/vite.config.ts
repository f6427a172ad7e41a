import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./scripts/precompress.ts";

/** Where `npm run dev` finds the server: `rempart server` on its usual port. */
const server = process.env.REMPART_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    port: 5173,
    proxy: {
      "/api": { target: server, xfwd: true },
      "/ws": { target: server, ws: true },
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 2048,
    chunkSizeWarningLimit: 600,
    reportCompressedSize: false,
  },
  test: {
    environment: "happy-dom",
    globals: false,
    setupFiles: ["./test/setup.ts"],
    include: ["test/**/*.test.{ts,tsx}", "src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
    // A bound for a test that hangs; a busy machine is slow.
    testTimeout: 60_000,
  },
});
