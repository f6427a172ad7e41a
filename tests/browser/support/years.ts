import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { makePlan, runPlan } from "./app.ts";
import type { Api, Server } from "./server.ts";

/** More than anybody scrolls through. */
const YEARS_ROWS = 100_000;

/**
 * A catalog as it is after years: 100,000 runs and 100,000 recovery points of a plan that is really there. They are written
 * into the catalog's file, as nobody makes so many in a test; the server is stopped meanwhile. Returns the plan.
 */
export async function afterYears(server: Server, api: Api, source: string): Promise<number> {
  const plan = await makePlan(api, { name: "documents", source, pool: await server.folderFor("pool") });
  const run = await runPlan(api, plan.id);
  if (run.state !== "succeeded") throw new Error(`the first run: ${run.state}, ${run.message}`);
  await server.halt();
  execFileSync("python3", ["-c", FILL, join(server.folder, "data", "catalog.sqlite"), String(YEARS_ROWS)], { stdio: "inherit" });
  await server.startAgain();
  return plan.id;
}

const FILL = `
import hashlib, sqlite3, sys, time
file, rows = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(file)
plan, server, repository = db.execute("SELECT id, server_id, repository_id FROM plans").fetchone()
# So many in less than the two years for which runs are kept.
step = 600_000
first = int(time.time() * 1000) - (rows + 1) * step
# As the run that was really made has them.
counters, = db.execute("SELECT counters FROM runs").fetchone()
def state(i):
    return "failed" if i % 50 == 0 else "warning" if i % 20 == 0 else "succeeded"
with db:
    db.executemany(
        "INSERT INTO runs (plan_id, plan_name, server_id, repository_id, state, origin, fire_at, queued_at, started_at, ended_at, "
        "attempt, counters, rate_bytes_per_second) VALUES (?, 'documents', ?, ?, ?, 'schedule', ?, ?, ?, ?, 1, ?, 1000000)",
        ((plan, server, repository, state(i), at, at, at + 1000, at + 90000, counters)
         for i in range(1, rows + 1) for at in [first + i * step]))
    db.executemany(
        "INSERT INTO snapshots (repository_id, snapshot_hash, server_id, plan_id, taken_at, host_name, paths, tags, files, "
        "size_bytes, added_bytes, is_incomplete, is_damaged) VALUES (?, ?, ?, ?, ?, 'machine', '[\\"/srv/data\\"]', ?, 1200, 9000000, "
        "1000, FALSE, FALSE)",
        ((repository, hashlib.sha256(str(i).encode()).hexdigest(), server, plan, first + i * step, '["number-%d"]' % i) for i in range(1, rows + 1)))
    db.execute("INSERT INTO snapshot_texts (id, text) SELECT id, host_name || ' ' || paths || ' ' || tags FROM snapshots "
               "WHERE id NOT IN (SELECT id FROM snapshot_texts)")
    db.execute("UPDATE repositories SET snapshot_count = (SELECT COUNT(*) FROM snapshots)")
db.execute("ANALYZE")
`;
