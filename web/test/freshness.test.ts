import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Freshness } from "@/events/freshness";

describe("what events make old", () => {
  let client: QueryClient;
  let freshness: Freshness;
  const isOld = (key: readonly unknown[]) => client.getQueryState(key)?.isInvalidated;

  beforeEach(() => {
    vi.useFakeTimers();
    client = new QueryClient();
    freshness = new Freshness(client);
    for (const key of [["plans", 3], ["plans", "list", {}], ["dashboard"], ["users", "list", {}]]) {
      client.setQueryData(key, {});
    }
  });
  afterEach(() => vi.useRealTimers());

  it("is their topic and what is put together from it, and nothing else", () => {
    freshness.event({ seq: 1, topic: "plans", kind: "changed", id: 3, data: null });
    vi.advanceTimersByTime(300);
    expect(isOld(["plans", 3])).toBe(true);
    expect(isOld(["plans", "list", {}])).toBe(true);
    expect(isOld(["dashboard"])).toBe(true);
    expect(isOld(["users", "list", {}])).toBe(false);
  });

  it("is asked for once for a burst", () => {
    const invalidate = vi.spyOn(client, "invalidateQueries");
    for (let seq = 1; seq <= 500; seq += 1) {
      freshness.event({ seq, topic: "runs", kind: "changed", id: seq, data: null });
    }
    vi.advanceTimersByTime(300);
    expect(invalidate).toHaveBeenCalledOnce();
  });

  it("is told, and not asked for again, where a list has many pages", () => {
    const pages = (count: number) => ({ pages: Array.from({ length: count }, () => ({})), pageParams: [] });
    const asked: string[] = [];
    for (const [name, count] of [
      ["short", 3],
      ["long", 200],
    ] as const) {
      const queryKey = ["runs", "list", { name }];
      client.setQueryData(queryKey, pages(count));
      const queryFn = () => {
        asked.push(name);
        return pages(count);
      };
      new QueryObserver(client, { queryKey, queryFn, staleTime: Number.POSITIVE_INFINITY }).subscribe(() => undefined);
    }
    freshness.event({ seq: 1, topic: "runs", kind: "changed", id: 3, data: null });
    vi.advanceTimersByTime(300);
    expect(asked).toEqual(["short"]);
    expect(isOld(["runs", "list", { name: "long" }])).toBe(true);
  });

  it("is asked for again where the first answer was on its way, and may be older than the event", async () => {
    const answers: ((state: string) => void)[] = [];
    const queryFn = () => new Promise<string>((answer) => answers.push(answer));
    const shown: unknown[] = [];
    new QueryObserver(client, { queryKey: ["jobs", 7], queryFn }).subscribe(({ data }) => shown.push(data));
    freshness.event({ seq: 1, topic: "jobs", kind: "changed", id: 7, data: null });
    await vi.advanceTimersByTimeAsync(300);
    answers[0]?.("running");
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toHaveLength(2);
    answers[1]?.("succeeded");
    await vi.advanceTimersByTimeAsync(0);
    expect(shown.at(-1)).toBe("succeeded");
    expect(answers).toHaveLength(2);
  });

  it("is everything after a reset", () => {
    freshness.reset();
    expect(isOld(["users", "list", {}])).toBe(true);
  });
});
