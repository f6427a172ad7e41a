/** A server of our own behind `fetch`, for tests only. */
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import type { Me, User } from "@/api/types";

export const camille: User = {
  id: 1,
  name: "camille",
  email: "camille@example.org",
  role: "administrator",
  language: "fr",
  theme: "light",
  totpEnabled: false,
  disabled: false,
  createdAt: "2026-11-01T08:00:00Z",
  lastLoginAt: "2026-11-20T08:00:00Z",
  version: 3,
};

export const administrator: Me = {
  user: camille,
  permissions: [
    "own",
    "read",
    "restore",
    "run",
    "managePlans",
    "manageStorage",
    "manageServers",
    "manageWorkers",
    "manageUsers",
    "manageTokens",
    "manageSettings",
    "readAudit",
    "recoveryKit",
  ],
  csrfToken: "csrf-1",
};

export const viewer: Me = {
  user: { ...camille, id: 2, name: "victor", role: "viewer" },
  permissions: ["own", "read"],
  csrfToken: "csrf-2",
};

export const server = setupServer(
  http.get("*/api/setup", () => HttpResponse.json({ needed: false, applicationName: "Rempart", version: "1.0.0" })),
);
