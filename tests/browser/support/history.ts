import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Server } from "./server.ts";

/**
 * The figures of this machine as they are after a year: daily, hourly and single ones, more file systems than lines can be told
 * apart, and times in which it was away in each span. They are written into the catalog's file, as nobody waits so long; the
 * server is stopped meanwhile.
 */
export async function afterYearOfLooks(server: Server): Promise<void> {
  await server.halt();
  execFileSync("python3", ["-c", FILL, join(server.folder, "data", "catalog.sqlite")], { stdio: "inherit" });
  await server.startAgain();
}

const FILL = `
import math, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
server, = db.execute("SELECT id FROM servers WHERE is_local").fetchone()
now = int(time.time())
GIB = 1 << 30
# Share at the begin and at the end of the year.
DISKS = {"/": (0.35, 0.62), "/var/lib/postgresql/16/main": (0.1, 0.88), "/srv/backup/second-disk": (0.5, 0.93),
         "/home": (0.7, 0.4), "/boot": (0.3, 0.31), "/mnt/archives/customers/europe": (0.8, 0.82), "/tmp": (0.01, 0.02)}

def spans():
    day, hour = 86_400, 3_600
    for at in range(now - now % day - 364 * day, now - day, day):
        if not 120 < (now - at) // day < 137:
            yield day, at
    for at in range(now - now % hour - 40 * day, now - hour, hour):
        if not (30 < (now - at) // hour < 50 or 400 < (now - at) // hour < 480):
            yield hour, at
    for at in range(now - day, now - 900, 900):
        if not 20 < (now - at) // 900 < 30:
            yield 0, at

with db:
    for span, at in spans():
        wave = math.sin(at / 86_400 * 2 * math.pi)
        cpu = 35 + 20 * wave + 10 * math.sin(at / 5_000)
        db.execute("INSERT OR IGNORE INTO server_samples (server_id, span, at, cpu_percent, cpu_peak, load_1, memory_used, memory_total, "
                   "swap_used, swap_total) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   (server, span, at * 1000, cpu, cpu + 20, 0.8 + 0.6 * wave, int((9 + 3 * wave) * GIB), 16 * GIB, GIB // 8, 2 * GIB))
        for mount, (begin, end) in DISKS.items():
            share = begin + (end - begin) * (1 - (now - at) / (365 * 86_400))
            db.execute("INSERT OR IGNORE INTO server_disk_samples (server_id, span, at, mount_point, used_bytes, size_bytes) "
                       "VALUES (?, ?, ?, ?, ?, ?)", (server, span, at * 1000, mount, int(500 * GIB * share), 500 * GIB))
`;
