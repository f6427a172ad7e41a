import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventSocket, type ServerEvent, TOPICS } from "@/events/socket";

/** A WebSocket in the test's hand. */
class FakeSocket {
  static made: FakeSocket[] = [];
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.onclose?.({ code: 1000 });
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function last(): FakeSocket {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

describe("the event socket", () => {
  const events: ServerEvent[] = [];
  const listener = {
    event: (event: ServerEvent) => events.push(event),
    reset: vi.fn(),
    connected: vi.fn(),
    refused: vi.fn(),
  };
  let socket: EventSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    FakeSocket.made = [];
    events.length = 0;
    for (const mock of [listener.reset, listener.connected, listener.refused]) mock.mockClear();
    socket = new EventSocket("ws://test/ws", listener);
    socket.open();
    last().onopen?.();
  });

  afterEach(() => {
    socket.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("subscribes to all topics, from now on", () => {
    expect(JSON.parse(last().sent[0] ?? "")).toEqual({ subscribe: TOPICS, after: null });
  });

  it("hands on what it hears", () => {
    last().say({ hello: { seq: 10 } });
    last().say({ seq: 11, topic: "jobs", kind: "progress", id: 5, data: { step: "reading" } });
    expect(listener.connected).toHaveBeenLastCalledWith(true);
    expect(events).toEqual([{ seq: 11, topic: "jobs", kind: "progress", id: 5, data: { step: "reading" } }]);
  });

  it("after a break resumes behind the last event that it saw, without losing any", () => {
    last().say({ hello: { seq: 10 } });
    last().say({ seq: 12, topic: "runs", kind: "changed", id: 1, data: null });
    last().onclose?.({ code: 1006 });
    expect(listener.connected).toHaveBeenLastCalledWith(false);

    vi.advanceTimersByTime(1000);
    expect(FakeSocket.made).toHaveLength(2);
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "")).toMatchObject({ after: 12 });

    // The server's number is further on; what lies between comes after the greeting.
    last().say({ hello: { seq: 14 } });
    last().say({ seq: 13, topic: "runs", kind: "changed", id: 1, data: null });
    last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(2000);
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "")).toMatchObject({ after: 13 });
  });

  it("has everything asked for again when too much was missed", () => {
    last().say({ hello: { seq: 10 } });
    last().say({ reset: true, seq: 99 });
    expect(listener.reset).toHaveBeenCalledOnce();
    last().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1000);
    last().onopen?.();
    expect(JSON.parse(last().sent[0] ?? "")).toMatchObject({ after: 99 });
  });

  it("tries again more and more calmly", () => {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      last().onclose?.({ code: 1006 });
      const before = FakeSocket.made.length;
      vi.advanceTimersByTime(20_000);
      expect(FakeSocket.made.length).toBe(before + 1);
    }
    last().onclose?.({ code: 1006 });
    const before = FakeSocket.made.length;
    vi.advanceTimersByTime(5000);
    expect(FakeSocket.made.length).toBe(before);
  });

  it("says when the session has ended", () => {
    last().onclose?.({ code: 1008 });
    expect(listener.refused).toHaveBeenCalledOnce();
  });

  it("stays closed once it was closed", () => {
    socket.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("does not stumble over what it does not know", () => {
    for (const data of ["", "no json", "null", "[]", '{"seq":1,"topic":"weather","kind":"x"}']) {
      last().onmessage?.({ data });
    }
    expect(events).toEqual([]);
  });
});
