//! A catalog as it looks after years: a million runs and jobs of 500 plans on 200 servers.

use anyhow::Result;
use rempart_catalog::{CatalogUrl, Dialect};
use sea_orm::{ConnectionTrait, Database};

pub const RUNS: i64 = 1_000_000;
pub const PLANS: i64 = 500;
pub const SERVERS: i64 = 200;

pub async fn fill(url: &CatalogUrl, dialect: Dialect) -> Result<()> {
    let address = match url {
        CatalogUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
        CatalogUrl::Postgres(url) => url.clone(),
    };
    let db = Database::connect(address).await?;
    // The same text on both; a run every minute over two years.
    let numbers =
        |count: i64| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let state = "CASE WHEN i % 50 = 0 THEN 'failed' WHEN i % 20 = 0 THEN 'warning' WHEN i % 997 = 0 THEN 'canceled' \
                 ELSE 'succeeded' END";
    let at = "CAST(1700000000000 AS BIGINT) + CAST(i AS BIGINT) * 60000";
    let counters = r#"{"filesTotal":120000,"filesDone":120000,"bytesTotal":9000000000,"bytesDone":9000000000}"#;
    let statements = [
        format!(
            "{} INSERT INTO plans (name, name_key, server_id, repository_id, spec, enabled, scheduled_from, version,
                 created_at, updated_at)
             SELECT 'Plan ' || i, 'plan ' || i, i % {SERVERS} + 1, i % {SERVERS} + 1, '{{}}', TRUE, 0, 1, 0, 0 FROM n",
            numbers(PLANS)
        ),
        format!(
            "{} INSERT INTO runs (plan_id, plan_name, server_id, repository_id, job_id, state, origin, fire_at, queued_at,
                 started_at, ended_at, attempt, counters, rate_bytes_per_second)
             SELECT i % {PLANS} + 1, 'Plan ' || (i % {PLANS} + 1), i % {SERVERS} + 1, i % {SERVERS} + 1, i, {state},
                 'schedule', {at}, {at}, {at} + 1000, {at} + 90000, 1, '{counters}', 100000000 FROM n",
            numbers(RUNS)
        ),
        format!(
            "{} INSERT INTO job_history ({}) SELECT i, 'backup', {state}, 0, i, i % {SERVERS} + 1, i % {SERVERS} + 1,
                 i % {PLANS} + 1, i, 'shared', '{{\"planId\":1}}', 1, 1, {at}, {at} + 1000, {at} + 90000, FALSE, 1 FROM n",
            numbers(RUNS),
            "id, kind, state, priority, turn, server_id, repository_id, plan_id, run_id, access, payload, attempt, \
             max_attempts, queued_at, started_at, ended_at, cancel_requested, generation"
        ),
        "ANALYZE".to_owned(),
    ];
    for statement in &statements {
        db.execute_unprepared(statement).await?;
    }
    if dialect == Dialect::Sqlite {
        db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
    }
    db.close().await?;
    Ok(())
}
