/**
 * The one WebSocket of a browser tab. Sans I/O apart from the socket itself: what it hears goes to the `Listener`.
 *
 * After a break it resumes behind the last sequence number it has seen; where the server no longer has what lies between,
 * it answers `reset`, and everything shown is asked for again.
 */
export type Topic =
  | "jobs"
  | "runs"
  | "plans"
  | "pools"
  | "repositories"
  | "snapshots"
  | "servers"
  | "stats"
  | "alerts"
  | "workers"
  | "users"
  | "settings";

export const TOPICS: readonly Topic[] = [
  "jobs",
  "runs",
  "plans",
  "pools",
  "repositories",
  "snapshots",
  "servers",
  "stats",
  "alerts",
  "workers",
  "users",
  "settings",
];

export interface ServerEvent {
  seq: number;
  topic: Topic;
  kind: string;
  id: number | null;
  data: unknown;
}

export interface Listener {
  event: (event: ServerEvent) => void;
  /** What is shown may be old: ask for it again. */
  reset: () => void;
  connected: (connected: boolean) => void;
  /** The server no longer knows the session, or its rights have changed. */
  refused: () => void;
}

/** The server's close code for a session that ended or whose role changed. */
const POLICY = 1008;

/** Seconds between attempts: quickly at first, then calmly, never all browsers at once. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;

export class EventSocket {
  private readonly url: string;
  private readonly listener: Listener;
  private socket: WebSocket | null = null;
  private lastSeq: number | null = null;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(url: string, listener: Listener) {
    this.url = url;
    this.listener = listener;
  }

  open(): void {
    this.closed = false;
    this.clearTimer();
    this.socket?.close();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: TOPICS, after: this.lastSeq }));
    socket.onmessage = (message) => this.hear(message.data);
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      if (code === POLICY) this.listener.refused();
      this.lost();
    };
  }

  close(): void {
    this.closed = true;
    this.clearTimer();
    this.socket?.close();
    this.socket = null;
  }

  private hear(text: unknown): void {
    const message = parse(text);
    if (message === null) return;
    if ("hello" in message) {
      this.attempts = 0;
      const seq = numberIn(message.hello, "seq");
      if (this.lastSeq === null && seq !== null) this.lastSeq = seq;
      this.listener.connected(true);
    }
    if ("reset" in message && message.reset === true) {
      this.lastSeq = numberIn(message, "seq");
      this.listener.reset();
    }
    const event = eventOf(message);
    if (event !== null) {
      this.lastSeq = event.seq;
      this.listener.event(event);
    }
  }

  private lost(): void {
    this.socket = null;
    if (this.closed) return;
    this.listener.connected(false);
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.attempts, LONGEST_DELAY_MS) * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.timer = setTimeout(() => this.open(), delay);
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

function parse(text: unknown): object | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function numberIn(value: unknown, key: string): number | null {
  if (typeof value !== "object" || value === null) return null;
  const found: unknown = Reflect.get(value, key);
  return typeof found === "number" ? found : null;
}

function eventOf(message: object): ServerEvent | null {
  const seq = numberIn(message, "seq");
  const topic = TOPICS.find((known) => known === Reflect.get(message, "topic"));
  const kind: unknown = Reflect.get(message, "kind");
  if (seq === null || topic === undefined || typeof kind !== "string") return null;
  return { seq, topic, kind, id: numberIn(message, "id"), data: Reflect.get(message, "data") };
}
