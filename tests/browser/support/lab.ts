import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const READY_MS = 60_000;

/** A real component of tests/lab (moto, sshd, azurite…): ready when it printed its facts, gone when its input closes. */
export class Component {
  readonly facts: Record<string, string | number>;
  private readonly child: ChildProcess;

  private constructor(facts: Record<string, string | number>, child: ChildProcess) {
    this.facts = facts;
    this.child = child;
  }

  static async start(name: string): Promise<Component> {
    const child = spawn(join(REPOSITORY, "tests/lab", `start-${name}.sh`), { stdio: ["pipe", "pipe", "pipe"] });
    const line = await firstLine(child, `start-${name}.sh`);
    return new Component(JSON.parse(line), child);
  }

  text(fact: string): string {
    const value = this.facts[fact];
    if (value === undefined) throw new Error(`the component has no ${fact}: ${Object.keys(this.facts).join(", ")}`);
    return String(value);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.stdin?.end();
    await ended;
  }
}

const SINK = `
import asyncio
from aiosmtpd.smtp import SMTP
class Sink:
    async def handle_DATA(self, server, session, envelope):
        print("TO", *envelope.rcpt_tos)
        print(envelope.content.decode())
        print("END", flush=True)
        return "250 kept"
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
`;

/** A mail server that tells what it was given. */
export class MailServer {
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.child = child;
  }

  static async start(): Promise<MailServer> {
    const python = join(REPOSITORY, ".cache/lab/aiosmtpd/bin/python");
    const child = spawn(python, ["-u", "-c", SINK], { stdio: ["ignore", "pipe", "pipe"] });
    const reader = createInterface({ input: child.stdout });
    const port = Number(await firstLine(child, "aiosmtpd", reader));
    const server = new MailServer(port, child);
    reader.on("line", (line) => server.lines.push(line));
    return server;
  }

  /** The messages that have arrived, each as its recipients and its text. */
  messages(): string[] {
    return this.lines
      .join("\n")
      .split("\nEND")
      .map((message) => message.trim())
      .filter((message) => message !== "");
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    await ended;
  }
}

function firstLine(child: ChildProcess, name: string, reader?: Interface): Promise<string> {
  const complaints: string[] = [];
  child.stderr?.on("data", (bytes: Buffer) => complaints.push(bytes.toString()));
  return new Promise((found, fail) => {
    const told = () => `${name}: ${complaints.join("")}`;
    const late = setTimeout(() => fail(new Error(`${told()} not ready within ${READY_MS} ms`)), READY_MS);
    child.once("error", (error) => fail(new Error(`${told()} ${error.message}; run tests/lab/install.sh`)));
    child.once("exit", (code) => fail(new Error(`${told()} ended with ${code}; run tests/lab/install.sh`)));
    if (!child.stdout) throw new Error(`${name} has no output`);
    (reader ?? createInterface({ input: child.stdout })).once("line", (line) => {
      clearTimeout(late);
      child.removeAllListeners("exit");
      found(line);
    });
  });
}
