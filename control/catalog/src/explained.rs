//! No list reads all runs, jobs or snapshots to show a page of them, nor sorts them: the databases are asked how they would
//! go about it, for every combination of filters.

use rempart_model::{JobKind, JobState, PlanId, PoolId, RepoId, RunId, RunState, ServerId};
use sea_orm::ConnectionTrait as _;

use crate::page::PageRequest;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Dialect, JobFilter, RunFilter, SnapshotFilter};

const ROWS: i64 = 20_000;

/// A step of a plan, as the database words it.
struct Step(String);

impl FromRow for Step {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        row.get("detail").or_else(|_| row.get("QUERY PLAN")).map(Self)
    }
}

/// Two servers with two repositories, five plans: no filter but that on a state leaves few rows.
async fn fill(catalog: &Catalog) {
    let rows = |into: &str, select: &str| {
        format!(
            "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
             INSERT INTO {into} SELECT {select} FROM n"
        )
    };
    let state = "CASE WHEN i % 50 = 0 THEN 'failed' ELSE 'succeeded' END";
    for statement in [
        "INSERT INTO pools (uid, name, kind, place, location, state, used_bytes, created_at, version)
         VALUES ('p', 'p', 'local', '{}', '/p', 'reachable', 0, 0, 1)"
            .to_owned(),
        "INSERT INTO repositories (uid, pool_id, name, path, state, password, stored_bytes, snapshot_count, created_at,
             version) VALUES ('a', 1, 'a', 'a', 'ready', '', 0, 0, 0, 1), ('b', 1, 'b', 'b', 'ready', '', 0, 0, 0, 1)"
            .to_owned(),
        rows(
            "runs (plan_id, plan_name, server_id, repository_id, state, origin, queued_at, attempt, counters,
                 rate_bytes_per_second)",
            &format!("i % 5 + 1, 'p', i % 2 + 1, i % 2 + 1, {state}, 'user', i, 1, '{{}}', 0"),
        ),
        rows(
            "job_history (id, kind, state, priority, turn, server_id, repository_id, pool_id, plan_id, run_id, access,
                 payload, attempt, max_attempts, queued_at, cancel_requested, generation)",
            &format!(
                "i, 'backup', {state}, 0, i, i % 2 + 1, i % 2 + 1, 1, i % 5 + 1, i, 'shared', '{{}}', 1, 1, i, FALSE, 1"
            ),
        ),
        rows(
            "snapshots (repository_id, snapshot_hash, server_id, plan_id, run_id, taken_at, host_name, paths, tags,
                 is_incomplete, is_damaged)",
            "i % 2 + 1, 'h' || i, i % 2 + 1, i % 5 + 1, i, i, 'h', '[]', '[]', FALSE, FALSE",
        ),
    ] {
        catalog.inner.write.execute_unprepared(&statement).await.expect("rows");
    }
}

/// What is wrong with the way in which a statement is gone about.
async fn faults(catalog: &Catalog, table: &str, is_narrowed: bool, sql: Sql) -> Vec<String> {
    let steps: Vec<Step> = sql.explained(catalog.dialect()).all(catalog.read(), "explain").await.expect("a plan");
    assert!(!steps.is_empty(), "nothing is said");
    let is_wrong = |step: &str| match catalog.dialect() {
        Dialect::Sqlite => {
            let all = step.strip_prefix("SCAN ").is_some_and(|rest| rest.split(' ').next() == Some(table));
            step.contains("TEMP B-TREE") || (all && is_narrowed)
        }
        Dialect::Postgres => step.contains("Seq Scan on") && step.contains(table),
    };
    steps.into_iter().map(|Step(text)| text).filter(|text| is_wrong(text)).collect()
}

/// Every choice of some of these.
fn subsets(count: u32) -> impl Iterator<Item = impl Fn(u32) -> bool> {
    (0..1_u32 << count).map(|chosen| move |number: u32| chosen & (1_u32 << number) != 0)
}

async fn assert_no_list_reads_everything(catalog: &Catalog) {
    let mut wrong = Vec::new();
    for after in [None, Some(ROWS / 2)] {
        for chosen in subsets(4) {
            let filter = RunFilter {
                plan_id: chosen(0).then_some(PlanId::new(1)),
                server_id: chosen(1).then_some(ServerId::new(1)),
                repository_id: chosen(2).then_some(RepoId::new(1)),
                ..RunFilter::default()
            };
            let state = chosen(3).then_some(RunState::Failed);
            let is_narrowed = (0..4).any(&chosen) || after.is_some();
            let found = faults(catalog, "runs", is_narrowed, filter.page(None, state, after, 51)).await;
            wrong.extend(found.into_iter().map(|step| format!("{filter:?} {state:?} after {after:?}: {step}")));
        }
        for chosen in subsets(7) {
            let filter = JobFilter {
                kind: chosen(0).then_some(JobKind::Backup),
                server_id: chosen(1).then_some(ServerId::new(1)),
                repository_id: chosen(2).then_some(RepoId::new(1)),
                plan_id: chosen(3).then_some(PlanId::new(1)),
                run_id: chosen(4).then_some(RunId::new(1)),
                pool_id: chosen(5).then_some(PoolId::new(1)),
                ..JobFilter::default()
            };
            let state = chosen(6).then_some(JobState::Failed);
            let is_narrowed = (0..7).any(&chosen) || after.is_some();
            let found = faults(catalog, "job_history", is_narrowed, filter.page("job_history", state, after, 51)).await;
            wrong.extend(found.into_iter().map(|step| format!("{filter:?} {state:?} after {after:?}: {step}")));
        }
    }
    for chosen in subsets(6) {
        let moment = |ms| jiff::Timestamp::from_millisecond(ms).ok();
        let filter = SnapshotFilter {
            plan_id: chosen(0).then_some(PlanId::new(1)),
            server_id: chosen(1).then_some(ServerId::new(1)),
            repository_id: chosen(2).then_some(RepoId::new(1)),
            taken_from: moment(100).filter(|_| chosen(3)),
            taken_until: moment(ROWS - 100).filter(|_| chosen(3)),
            oldest_first: chosen(4),
            ..SnapshotFilter::default()
        };
        let request = PageRequest::first(50);
        let after = chosen(5).then_some((ROWS / 2, 1));
        let sql = catalog.snapshots_page(&filter, None, after, &request);
        let found = faults(catalog, "snapshots", (0..4).any(&chosen) || after.is_some(), sql).await;
        wrong.extend(found.into_iter().map(|step| format!("{filter:?} after {after:?}: {step}")));
    }
    assert!(wrong.is_empty(), "{} ways are long:\n{}", wrong.len(), wrong.join("\n"));
}

crate::on_both_dialects! {
    async fn no_list_reads_or_sorts_everything(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        fill(&catalog).await;
        if catalog.dialect() == Dialect::Sqlite {
            // A new catalog knows nothing of its rows.
            assert_no_list_reads_everything(&catalog).await;
        }
        catalog.inner.write.execute_unprepared("ANALYZE").await.expect("statistics");
        assert_no_list_reads_everything(&catalog).await;
    }
}
