/** An agent by SSH: what is sent when, and what is asked before. */
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Job, Reach, Server } from "@/api/types";
import { AgentJobSteps } from "@/features/jobs/AgentJobSteps";
import { AgentJob } from "@/features/servers/ssh/AgentJob";
import { changeLanguage } from "@/i18n/i18n";
import { problemsOf, renderPage } from "./page";
import { administrator, server } from "./server";

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(() => changeLanguage("en"));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const machine: Server = {
  id: 2,
  name: "web-1",
  local: false,
  address: "192.0.2.7",
  connection: "neverSeen",
  lastSeenAt: null,
  os: null,
  hostName: null,
  labels: [],
  agent: null,
  planCount: 0,
  version: 1,
};

const key = { fingerprint: "SHA256:0aVfWbKHDrk6vEs5VbmZQhPzyNnH1PZ2PfeIzK0jPyM", kind: "ssh-ed25519" };

const reach: Reach = {
  ssh: null,
  serverPublicKey: "ssh-ed25519 AAAA rempart@backup",
  serverKeyFingerprint: "SHA256:x",
};

interface Sent {
  method: string;
  path: string;
  body: unknown;
}

/** A server that shows a machine's key, and refuses the job; what it was sent. */
function asked(state: "new" | "known" | "changed"): Sent[] {
  const sent: Sent[] = [];
  const keep = async (request: Request) => {
    const text = await request.clone().text();
    sent.push({
      method: request.method,
      path: new URL(request.url).pathname.replace("/api/servers/2/", ""),
      body: text === "" ? null : JSON.parse(text),
    });
  };
  server.use(
    http.get("*/api/servers/2/ssh", () => HttpResponse.json(reach)),
    http.post("*/api/servers/2/ssh/host-key", async ({ request }) => {
      await keep(request);
      return HttpResponse.json({ ...key, state, accepted: state === "new" ? null : "SHA256:before" });
    }),
    http.delete("*/api/servers/2/ssh/host-key", async ({ request }) => {
      await keep(request);
      return new HttpResponse(null, { status: 204 });
    }),
    http.post("*/api/servers/2/agent/install", async ({ request }) => {
      await keep(request);
      const body = { code: "deploy.busy", message: "Another operation is under way.", hint: null, field: null };
      return HttpResponse.json(body, { status: 409 });
    }),
  );
  return sent;
}

async function fill() {
  const view = await renderPage(() => <AgentJob server={machine} task="install" onClose={() => undefined} />, {
    me: administrator,
  });
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText(/^Password/, { selector: "input[type=password]" }), "hunter2");
  await user.click(screen.getByRole("button", { name: "Install" }));
  return { ...view, user };
}

const login = {
  address: "192.0.2.7",
  port: 22,
  user: "root",
  method: "password",
  password: "hunter2",
  privateKey: null,
  passphrase: null,
  sudoPassword: null,
};

it("no password leaves the page before somebody has compared the host's key", async () => {
  const sent = asked("new");
  const { user, container } = await fill();
  await screen.findByText(key.fingerprint);
  expect(sent).toEqual([{ method: "POST", path: "ssh/host-key", body: { address: "192.0.2.7", port: 22 } }]);
  expect(await problemsOf(container)).toEqual([]);
  expect(screen.getByRole("button", { name: "Accept and log in" })).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByLabelText(/^I have compared/));
  await user.click(screen.getByRole("button", { name: "Accept and log in" }));
  await screen.findByText("Another operation is under way.");
  expect(sent[1]).toEqual({ method: "POST", path: "agent/install", body: { ...login, hostKey: key } });
});

it("a known host is not asked about", async () => {
  const sent = asked("known");
  await fill();
  await screen.findByText("Another operation is under way.");
  expect(sent.map(({ path }) => path)).toEqual(["ssh/host-key", "agent/install"]);
  expect(sent[1]?.body).toEqual({ ...login, hostKey: null });
});

it("a changed key is shown beside the one that was accepted, and forgotten only when a person says so", async () => {
  const sent = asked("changed");
  const { user } = await fill();
  await screen.findByText("SHA256:before");
  await user.click(screen.getByLabelText(/^I have compared/));
  await user.click(screen.getByRole("button", { name: "Forget the old key and log in" }));
  await screen.findByText("Another operation is under way.");
  expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST ssh/host-key",
    "DELETE ssh/host-key",
    "POST agent/install",
  ]);
});

const job: Job = {
  id: 7,
  kind: "agentInstall",
  state: "running",
  title: "web-1",
  priority: 5,
  serverId: 2,
  poolId: null,
  repositoryId: null,
  runId: null,
  attempt: 1,
  maxAttempts: 1,
  queuedAt: "2026-11-21T08:41:00Z",
  startedAt: "2026-11-21T08:41:01Z",
  endedAt: null,
  cancelRequested: false,
  worker: "w1",
  progress: null,
  message: null,
  hint: null,
  result: null,
  waitsFor: null,
};

const counters = {
  filesTotal: 0,
  filesDone: 0,
  filesNew: 0,
  filesChanged: 0,
  filesUnmodified: 0,
  dirsNew: 0,
  dirsChanged: 0,
  dirsUnmodified: 0,
  bytesTotal: 200,
  bytesDone: 50,
  addedBytes: 0,
  storedBytes: 0,
  problemCount: 0,
};

/** What a reader of the list hears of each step. */
const steps = () => screen.getAllByRole("listitem").map((item) => item.textContent);

it("the steps of an installation say how far it is, and how much of the agent is copied", async () => {
  const progress = { step: "upload", counters, rateBytesPerSecond: 0, etaSeconds: null, currentFiles: [] };
  const { container } = await renderPage(() => <AgentJobSteps job={job} progress={progress} />);
  expect(steps()).toEqual([
    "Log in, with the known host key: done",
    "Look at the system: done",
    "Copy the agent: in progress25%",
    "Enrol it with this server: to come",
    "Make it a service and start it: to come",
    "Wait for its call: to come",
  ]);
  expect(await problemsOf(container)).toEqual([]);
});

it("a job that is over says where it failed, and what became of the machine", async () => {
  const over: Job = { ...job, state: "failed", result: { step: "enrol", left: "rolledBack" } };
  await renderPage(() => <AgentJobSteps job={over} progress={null} />);
  expect(steps().slice(2, 5)).toEqual([
    "Copy the agent: done",
    "Enrol it with this server: failed",
    "Make it a service and start it: to come",
  ]);
  expect(screen.getByText("The machine is as it was before.")).toBeInTheDocument();
});
