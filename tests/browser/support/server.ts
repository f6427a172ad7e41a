import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { request } from "@playwright/test";

/** To root no file is unreadable: the server runs without the capabilities that make it so. */
const WITHOUT = "-dac_override,-dac_read_search";
const READY_MS = 30_000;

export const program = resolve(import.meta.dirname, "../../..", process.env.REMPART_BIN ?? "target/debug/rempart");

export interface Administrator {
  name: string;
  password: string;
}

export const ADMINISTRATOR: Administrator = { name: "claire", password: "five plain words in a row" };

/** A real `rempart server` on a fresh data directory, on a free port; of loopback, where nothing else is asked for. */
export class Server {
  readonly folder: string;
  readonly url: string;
  readonly setupUrl: string;
  private readonly listen: string;
  private child: ChildProcess;
  private readonly output: string[];

  private constructor(folder: string, listen: string, setupUrl: string, child: ChildProcess, output: string[]) {
    this.folder = folder;
    this.listen = listen;
    this.url = new URL(setupUrl).origin;
    this.setupUrl = setupUrl;
    this.child = child;
    this.output = output;
  }

  /** On any address but loopback it speaks TLS, with a certificate of its own making. */
  static async start(listen = "127.0.0.1"): Promise<Server> {
    if (!existsSync(program)) throw new Error(`${program} is missing: build it (cargo build -p rempart), or name it in REMPART_BIN`);
    const folder = await mkdtemp(join(tmpdir(), "rempart-browser-"));
    await mkdir(join(folder, "data"));
    const output: string[] = [];
    const child = run(folder, listen, 0, output);
    const link = await heard(child, output, /(https?:\/\/\S+\/setup#token=[^\s"']+)/);
    return new Server(folder, listen, link, child, output);
  }

  /** What it said so far: belongs to every failure's message. */
  log(): string {
    return this.output.join("");
  }

  /** A folder of the test beside the data. */
  async folderFor(name: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** As in a power cut: nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** As an administrator ends it: its data can be looked at and changed. */
  async halt(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Once more on the same data and at the same address. */
  async startAgain(): Promise<void> {
    const output: string[] = [];
    this.child = run(this.folder, this.listen, Number(new URL(this.url).port), output);
    const ready = Date.now() + READY_MS;
    for (;;) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => null);
      if (answer?.ok) break;
      if (this.child.exitCode !== null || Date.now() > ready) throw new Error(`it did not start again:\n${output.join("")}`);
      await new Promise((later) => setTimeout(later, 50));
    }
    this.output.push(...output);
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    await ended;
  }
}

function run(folder: string, listen: string, port: number, output: string[]): ChildProcess {
  const restrict = [`--bounding-set=${WITHOUT}`, `--inh-caps=${WITHOUT}`];
  const place = ["--listen", listen, "--backup-server-ip", listen, "--port", String(port)];
  const command = [program, "server", ...place, "--backups-dir", join(folder, "data")];
  const child = spawn("setpriv", [...restrict, ...command], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, RUST_LOG: "info", TZ: "UTC" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => output.push(bytes.toString()));
  return child;
}

/** The first match of `pattern` in what a process says. */
function heard(child: ChildProcess, output: string[], pattern: RegExp): Promise<string> {
  return new Promise((found, fail) => {
    const late = setTimeout(() => fail(new Error(`nothing like ${pattern} within ${READY_MS} ms:\n${output.join("")}`)), READY_MS);
    const look = () => {
      const match = pattern.exec(output.join(""))?.[1];
      if (match === undefined) return;
      clearTimeout(late);
      found(match);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("error", fail);
    child.once("exit", (code) => {
      clearTimeout(late);
      fail(new Error(`the server ended with ${code}:\n${output.join("")}`));
    });
  });
}

/** The API, signed in by name: for what a test needs and does not test. */
export class Api {
  private constructor(
    private readonly context: Awaited<ReturnType<typeof request.newContext>>,
    private readonly csrf: string,
  ) {}

  /** Makes the first administrator by the setup link. */
  static async setUp(server: Server): Promise<Api> {
    const context = await request.newContext({ baseURL: server.url, ignoreHTTPSErrors: true });
    const token = new URLSearchParams(new URL(server.setupUrl).hash.slice(1)).get("token");
    const answer = await context.post("/api/setup", { data: { token, ...ADMINISTRATOR, language: "en" } });
    if (!answer.ok()) throw new Error(`setup: ${answer.status()} ${await answer.text()}`);
    await context.dispose();
    return Api.signIn(server, ADMINISTRATOR);
  }

  static async signIn(server: Server, who: Administrator): Promise<Api> {
    const context = await request.newContext({ baseURL: server.url, ignoreHTTPSErrors: true });
    const login = await context.post("/api/auth/login", { data: who });
    if (!login.ok()) throw new Error(`login as ${who.name}: ${login.status()} ${await login.text()}`);
    const me = await (await context.get("/api/auth/me")).json();
    return new Api(context, me.csrfToken);
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.context.get(path);
    if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  async post<T>(path: string, data: unknown = {}): Promise<T> {
    return this.send("POST", path, data);
  }

  /** Over the version that `object` has. */
  async put<T>(path: string, object: { version: number }, data: unknown): Promise<T> {
    return this.send("PUT", path, data, { "If-Match": `"${object.version}"` });
  }

  private async send<T>(method: string, path: string, data: unknown, more: Record<string, string> = {}): Promise<T> {
    const headers = { "X-Rempart-Csrf": this.csrf, ...more };
    const answer = await this.context.fetch(path, { method, data, headers });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  /** Cookies for a browser, so that not every test types a password. */
  storage() {
    return this.context.storageState();
  }
}
