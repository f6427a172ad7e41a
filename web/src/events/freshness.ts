import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";
import { isLongList } from "@/shared/list/longList";
import type { ServerEvent, Topic } from "./socket";

/**
 * Which data an event makes old, by the first word of its query key. A query's key begins with the topic it belongs to
 * (`["plans", "list", …]`, `["plans", 3]`); what is put together from several topics is named here.
 */
const MADE_OLD: Record<Topic, readonly string[]> = {
  jobs: ["jobs"],
  runs: ["runs", "plans", "dashboard"],
  plans: ["plans", "dashboard"],
  pools: ["pools", "dashboard"],
  repositories: ["repositories", "dashboard"],
  snapshots: ["snapshots", "repositories", "dashboard"],
  servers: ["servers", "dashboard"],
  stats: ["stats"],
  alerts: ["alerts", "dashboard"],
  workers: ["workers"],
  users: ["users", "tokens", "sessions", "me"],
  settings: ["settings", "setup"],
};

/** Of these, an event makes old only what is about its own object, whose number follows in the key. */
const OF_ONE: ReadonlySet<Topic> = new Set(["stats"]);

/** Events come in bursts: what they make old is asked for once. */
const GATHER_MS = 250;

/** Collects what events make old, and has it asked for again, once for each burst. Only what is on the page is fetched. */
export class Freshness {
  private readonly client: QueryClient;
  /** How the keys of what is old begin, by their text. */
  private readonly old = new Map<string, QueryKey>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(client: QueryClient) {
    this.client = client;
  }

  event(event: ServerEvent): void {
    for (const word of MADE_OLD[event.topic]) {
      const begin = OF_ONE.has(event.topic) ? [word, event.id] : [word];
      this.old.set(begin.join(" "), begin);
    }
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Everything may be old. */
  reset(): void {
    this.invalidate(() => true);
  }

  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const begins = [...this.old.values()];
    this.old.clear();
    if (begins.length === 0) return;
    this.invalidate(({ queryKey }) => begins.some((begin) => beginsWith(queryKey, begin)));
  }

  /** Asks again for what is on the page, except long lists: these say that they have changed. */
  private invalidate(old: (query: Query) => boolean): void {
    // A first answer on its way may tell what was before the event, and is waited for instead of being asked for anew.
    for (const query of this.client.getQueryCache().findAll({ predicate: (query) => old(query) && isOpening(query) })) {
      const again = () => this.client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      void query.promise?.then(again, () => undefined);
    }
    void this.client.invalidateQueries({ predicate: (query) => old(query) && !isLongList(query) });
    const long = (query: Query) => old(query) && isLongList(query);
    if (this.client.getQueryCache().findAll({ predicate: long }).length > 0) {
      void this.client.invalidateQueries({ predicate: long, refetchType: "none" });
    }
  }
}

function isOpening({ state }: Query): boolean {
  return state.data === undefined && state.fetchStatus === "fetching";
}

function beginsWith(key: QueryKey, begin: QueryKey): boolean {
  return begin.every((part, at) => key[at] === part);
}
