//! A catalog as it looks after years: a million runs and jobs of 500 plans on 200 servers, 100,000 snapshots, as many lines
//! of the audit log.

use std::sync::LazyLock;

use anyhow::Result;
use rempart_catalog::{CatalogUrl, Dialect};
use rempart_model::RunCounters;
use sea_orm::{ConnectOptions, ConnectionTrait, Database};

pub const RUNS: i64 = 1_000_000;
pub const SNAPSHOTS: i64 = 100_000;
pub const AUDIT_LINES: i64 = 100_000;
pub const PLANS: i64 = 500;
pub const SERVERS: i64 = 200;
/// Machines that have a repository each, and never ran: lists of machines are long too.
pub const IDLE_SERVERS: i64 = 9_800;
pub const WAITING: i64 = 5_000;
pub const USERS: i64 = 1_000;
/// A run every minute, and a snapshot with every tenth, until now: for nearly two years, as long as runs are kept.
pub const RUN_EVERY_MS: i64 = 60_000;
pub const SNAPSHOT_EVERY_MS: i64 = 600_000;
pub static FIRST_MS: LazyLock<i64> = LazyLock::new(|| jiff::Timestamp::now().as_millisecond() - RUNS * RUN_EVERY_MS);
/// Jobs are kept for ninety days: as many come within that time.
const JOB_EVERY_MS: i64 = 7_000;
/// How all snapshots' names begin; ten digits follow, `HASH_FROM` and the number.
pub const HASH: &str = "beefbeefbeefbeefbeefbeefbeefbeefbeefbeefbeefbeefbeefbe";
pub const HASH_FROM: i64 = 1_000_000_000;

pub async fn fill(url: &CatalogUrl, dialect: Dialect) -> Result<()> {
    let address = match url {
        CatalogUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        CatalogUrl::Postgres(url) => url.clone(),
    };
    let mut options = ConnectOptions::new(address);
    options.max_connections(1);
    let db = Database::connect(options).await?;
    if dialect == Dialect::Sqlite {
        // A million rows come in the order of one index and anywhere in all the others: with the usual cache of 2 MB the file
        // would be read and written over and over, for a quarter of an hour.
        db.execute_unprepared("PRAGMA cache_size = -500000; PRAGMA synchronous = OFF").await?;
    }
    for statement in statements() {
        db.execute_unprepared(&statement).await?;
    }
    let last: &[&str] = match dialect {
        Dialect::Sqlite => &["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
        // The jobs came with their numbers; those of new ones follow. Then what autovacuum does beside a server in the minute
        // after so many rows: without it no index is read alone.
        Dialect::Postgres => {
            &["SELECT setval(pg_get_serial_sequence('jobs', 'id'), (SELECT MAX(id) FROM jobs))", "VACUUM (ANALYZE)"]
        }
    };
    for statement in last {
        db.execute_unprepared(statement).await?;
    }
    db.close().await?;
    Ok(())
}

/// `INSERT … SELECT` over the numbers `i` from 1 to `count`; the same text on both databases.
fn rows(count: i64, into: &str, select: &str) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO {into} SELECT {select} FROM n"
    )
}

fn statements() -> Vec<String> {
    let state = "CASE WHEN i % 50 = 0 THEN 'failed' WHEN i % 20 = 0 THEN 'warning' WHEN i % 997 = 0 THEN 'canceled' \
                 ELSE 'succeeded' END";
    let first = *FIRST_MS;
    let at = format!("{first} + i * {RUN_EVERY_MS}");
    let taken = format!("{first} + i * {SNAPSHOT_EVERY_MS}");
    let job_at = format!("{} + i * {JOB_EVERY_MS}", first + RUNS * (RUN_EVERY_MS - JOB_EVERY_MS));
    let lately = format!("{} + i", first + RUNS * RUN_EVERY_MS - 1_000_000);
    let server = format!("i % {SERVERS} + 1");
    let plan = format!("i % {PLANS} + 1");
    let counters = serde_json::to_string(&RunCounters {
        files_total: 120_000,
        files_done: 120_000,
        bytes_total: 9_000_000_000,
        bytes_done: 9_000_000_000,
        ..RunCounters::default()
    })
    .expect("counters are plain JSON");
    let hash = format!("'{HASH}' || ({HASH_FROM} + i)");
    vec![
        rows(
            SERVERS + IDLE_SERVERS,
            "servers (name, name_key, is_local, labels, created_at, version)",
            "'Server-' || i, 'server-' || i, i = 1, '[]', 0, 1",
        ),
        rows(
            1,
            "pools (uid, name, name_key, kind, place, location, state, used_bytes, created_at, version)",
            "'pool', 'disk', 'disk', 'local', '{}', '/pool', 'reachable', 0, 0, 1",
        ),
        rows(
            SERVERS + IDLE_SERVERS,
            "repositories (uid, pool_id, server_id, name, name_key, path, state, password, stored_bytes, \
             snapshot_count, created_at, version)",
            &format!(
                "'r' || i, 1, i, 'main', 'main', 'server-' || i || '/main', 'ready', '', 0, \
                 CASE WHEN i <= {SERVERS} THEN {} ELSE 0 END, 0, 1",
                SNAPSHOTS / SERVERS
            ),
        ),
        rows(
            PLANS,
            "plans (name, name_key, server_id, repository_id, spec, enabled, scheduled_from, version, created_at, \
             updated_at)",
            &format!("'Plan ' || i, 'plan ' || i, {server}, {server}, '{{}}', TRUE, 0, 1, 0, 0"),
        ),
        rows(
            RUNS,
            "runs (plan_id, plan_name, server_id, repository_id, job_id, state, origin, fire_at, queued_at, started_at, \
             ended_at, attempt, counters, rate_bytes_per_second)",
            &format!(
                "{plan}, 'Plan ' || ({plan}), {server}, {server}, i, {state}, 'schedule', {at}, {at}, {at} + 1000, \
                 {at} + 90000, 1, '{counters}', 100000000"
            ),
        ),
        rows(
            RUNS,
            "job_history (id, kind, state, priority, turn, server_id, repository_id, plan_id, run_id, access, payload, \
             attempt, max_attempts, queued_at, started_at, ended_at, cancel_requested, generation)",
            &format!(
                "i, 'backup', {state}, 0, i, {server}, {server}, {plan}, i, 'shared', '{{\"planId\":1}}', 1, 1, {job_at}, \
                 {job_at} + 1000, {job_at} + 90000, FALSE, 1"
            ),
        ),
        // Later ones than all that have ended, and none before its time: they wait.
        rows(
            WAITING,
            "jobs (id, kind, state, priority, turn, server_id, repository_id, access, payload, attempt, max_attempts, \
             not_before, queued_at, cancel_requested, generation)",
            &format!(
                "{RUNS} + i, 'check', 'queued', 0, i, {server}, {server}, 'exclusive', '{{}}', 0, 1, 4000000000000, 0, \
                 FALSE, 0"
            ),
        ),
        rows(
            SNAPSHOTS,
            "snapshots (repository_id, snapshot_hash, server_id, plan_id, run_id, taken_at, host_name, paths, tags, files, \
             size_bytes, added_bytes, is_incomplete, is_damaged)",
            &format!(
                "{server}, {hash}, {server}, {plan}, i, {taken}, 'server-' || ({server}), \
                 '[\"/srv/data-' || ({plan}) || '\",\"/etc\",\"/home\"]', '[\"plan-' || ({plan}) || '\",\"run-' || i || '\"]', 120000, \
                 9000000000, 10000000, FALSE, FALSE"
            ),
        ),
        "INSERT INTO snapshot_texts (id, text) SELECT id, host_name || ' ' || paths || ' ' || tags FROM snapshots"
            .to_owned(),
        rows(
            AUDIT_LINES,
            "audit (at, user_id, actor, address, action, object_kind, object_id, object_name, outcome, search_text)",
            "1700000000000 + i * 60000, i % 20 + 1, 'user-' || (i % 20 + 1), '192.0.2.' || (i % 250), \
             CASE WHEN i % 3 = 0 THEN 'plans.execute' WHEN i % 3 = 1 THEN 'auth.login' ELSE 'snapshots.download' END, \
             'plans', i % 500 + 1, 'Plan ' || (i % 500 + 1), 'succeeded', \
             'user-' || (i % 20 + 1) || ' plans.execute 192.0.2.' || (i % 250) || ' plan ' || (i % 500 + 1)",
        ),
        rows(
            USERS,
            "users (name, name_key, role, theme, password_hash, totp_last_step, disabled, version, created_at, updated_at)",
            "'user-' || i, 'user-' || i, 'viewer', 'auto', '', 0, FALSE, 1, 0, 0",
        ),
        rows(
            100_000,
            "job_log (job_id, at, level, text)",
            &format!("i % 10 + 1, {lately}, 'info', 'a line of a log, as long as such lines are: number ' || i"),
        ),
        rows(
            100_000,
            "worker_log (worker, at, level, text)",
            &format!("'w' || (i % 8 + 1), {lately}, 'info', 'job ' || i || ': succeeded'"),
        ),
        rows(
            10_000,
            "run_problems (run_id, path, kind, message)",
            "1, '/srv/' || i, 'unreadable', 'permission denied'",
        ),
        rows(
            64,
            "workers (name, process, host, pid, state, seen_at, memory_bytes, cpu_percent)",
            "'w' || i, 'p', 'h', 1, 'idle', 0, 0, 0",
        ),
    ]
}
