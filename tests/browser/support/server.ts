import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { request } from "@playwright/test";

/** To root no file is unreadable: the server runs without the capabilities that make it so. */
const WITHOUT = "-dac_override,-dac_read_search";
const READY_MS = 30_000;

const program = resolve(import.meta.dirname, "../../..", process.env.REMPART_BIN ?? "target/debug/rempart");

export interface Administrator {
  name: string;
  password: string;
}

export const ADMINISTRATOR: Administrator = { name: "claire", password: "five plain words in a row" };

/** A real `rempart server` on a fresh data directory, on a free port of loopback. */
export class Server {
  readonly folder: string;
  readonly url: string;
  readonly setupUrl: string;
  private readonly child: ChildProcess;
  private readonly output: string[];

  private constructor(folder: string, url: string, setupUrl: string, child: ChildProcess, output: string[]) {
    this.folder = folder;
    this.url = url;
    this.setupUrl = setupUrl;
    this.child = child;
    this.output = output;
  }

  static async start(): Promise<Server> {
    if (!existsSync(program)) throw new Error(`${program} is missing: build it (cargo build -p rempart), or name it in REMPART_BIN`);
    const folder = await mkdtemp(join(tmpdir(), "rempart-browser-"));
    const data = join(folder, "data");
    await mkdir(data);
    const restrict = [`--bounding-set=${WITHOUT}`, `--inh-caps=${WITHOUT}`];
    const child = spawn("setpriv", [...restrict, program, "server", "--port", "0", "--backups-dir", data], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, RUST_LOG: "info", TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    const setupUrl = await new Promise<string>((found, fail) => {
      const late = setTimeout(() => fail(new Error(`no setup link within ${READY_MS} ms:\n${output.join("")}`)), READY_MS);
      const hear = (bytes: Buffer) => {
        output.push(bytes.toString());
        const link = /(https?:\/\/\S+\/setup#token=[^\s"']+)/.exec(output.join(""));
        if (link?.[1]) {
          clearTimeout(late);
          found(link[1]);
        }
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("error", fail);
      child.on("exit", (code) => {
        clearTimeout(late);
        fail(new Error(`the server ended with ${code}:\n${output.join("")}`));
      });
    });
    return new Server(folder, new URL(setupUrl).origin, setupUrl, child, output);
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

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGTERM");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The API, signed in by name: for what a test needs and does not test. */
export class Api {
  private constructor(
    private readonly context: Awaited<ReturnType<typeof request.newContext>>,
    private readonly csrf: string,
  ) {}

  /** Makes the first administrator by the setup link. */
  static async setUp(server: Server): Promise<Api> {
    const context = await request.newContext({ baseURL: server.url });
    const token = new URLSearchParams(new URL(server.setupUrl).hash.slice(1)).get("token");
    const answer = await context.post("/api/setup", { data: { token, ...ADMINISTRATOR, language: "en" } });
    if (!answer.ok()) throw new Error(`setup: ${answer.status()} ${await answer.text()}`);
    await context.dispose();
    return Api.signIn(server, ADMINISTRATOR);
  }

  static async signIn(server: Server, who: Administrator): Promise<Api> {
    const context = await request.newContext({ baseURL: server.url });
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
    const answer = await this.context.post(path, { data, headers: { "X-Rempart-Csrf": this.csrf } });
    if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  }

  /** Cookies for a browser, so that not every test types a password. */
  storage() {
    return this.context.storageState();
  }
}
