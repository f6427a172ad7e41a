//! What the dashboard and lists of plans show of many plans at once, in a handful of statements.

use std::collections::HashMap;

use jiff::Timestamp;
use rempart_model::{PlanId, RunId, RunState};

use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, RunRow};

/// How a plan stands, by its runs.
#[derive(Debug, Clone, Default)]
pub struct PlanOverview {
    /// The newest that is over.
    pub last: Option<RunRow>,
    /// The newest that left a recovery point, with or without warnings.
    pub last_success: Option<RunRow>,
    /// One that waits or goes on.
    pub active: Option<RunRow>,
}

/// Runs of a plan within one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunTally {
    pub plan_id: PlanId,
    /// The beginning of the span.
    pub from: Timestamp,
    pub state: RunState,
    pub runs: u32,
}

/// When the newest recovery point of a plan was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub plan_id: PlanId,
    pub verified_at: Option<Timestamp>,
}

/// Time zones differ by multiples of this, so days of any zone are made of such spans.
const SPAN_MS: i64 = 15 * 60 * 1000;

impl FromRow for RunTally {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            plan_id: row.id("plan_id")?,
            from: row.time("span_from")?,
            state: row.word("state")?,
            runs: u32::try_from(row.number("runs")?).unwrap_or(u32::MAX),
        })
    }
}

impl FromRow for Verified {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { plan_id: row.id("plan_id")?, verified_at: row.opt_time("verified_at")? })
    }
}

/// Numbers for `IN (…)`: they are numbers, so they are no way in for SQL.
fn list(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", ")
}

struct Ids {
    plan_id: PlanId,
    last: Option<RunId>,
    success: Option<RunId>,
    active: Option<RunId>,
}

impl FromRow for Ids {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let newest = |columns: &[&str]| -> Result<Option<RunId>, CatalogError> {
            let ids = columns.iter().map(|column| row.opt_id::<RunId>(column)).collect::<Result<Vec<_>, _>>()?;
            Ok(ids.into_iter().flatten().max())
        };
        Ok(Self {
            plan_id: row.id("plan_id")?,
            last: newest(&["succeeded", "warning", "failed", "canceled", "missed"])?,
            success: newest(&["succeeded", "warning"])?,
            active: newest(&["queued", "running"])?,
        })
    }
}

impl Catalog {
    /// How these plans stand. Each costs a few looks into an index, however many runs there were.
    pub async fn plan_overviews(&self, plans: &[PlanId]) -> Result<HashMap<PlanId, PlanOverview>, CatalogError> {
        if plans.is_empty() {
            return Ok(HashMap::new());
        }
        let newest: Vec<String> = RunState::ALL
            .iter()
            .map(|state| {
                format!("(SELECT MAX(r.id) FROM runs r WHERE r.plan_id = p.id AND r.state = '{state}') AS {state}")
            })
            .collect();
        let sql = format!(
            "SELECT p.id AS plan_id, {} FROM plans p WHERE p.id IN ({})",
            newest.join(", "),
            list(plans.iter().map(|id| id.get()))
        );
        let found: Vec<Ids> = Sql::new(sql).all(self.read(), "look at the plans' runs").await?;
        let wanted: Vec<i64> =
            found.iter().flat_map(|ids| [ids.last, ids.success, ids.active]).flatten().map(RunId::get).collect();
        let runs = self.runs_by_id(&wanted).await?;
        let run = |id: Option<RunId>| id.and_then(|id| runs.get(&id).cloned());
        let overview =
            |ids: &Ids| PlanOverview { last: run(ids.last), last_success: run(ids.success), active: run(ids.active) };
        Ok(found.iter().map(|ids| (ids.plan_id, overview(ids))).collect())
    }

    async fn runs_by_id(&self, ids: &[i64]) -> Result<HashMap<RunId, RunRow>, CatalogError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!("SELECT {} FROM runs WHERE id IN ({})", crate::runs::COLUMNS, list(ids.iter().copied()));
        let rows: Vec<RunRow> = Sql::new(sql).all(self.read(), "read runs").await?;
        Ok(rows.into_iter().map(|run| (run.id, run)).collect())
    }

    /// How the runs of these plans since then ended, counted by quarters of an hour.
    pub async fn run_tallies(&self, plans: &[PlanId], since: Timestamp) -> Result<Vec<RunTally>, CatalogError> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT plan_id, state, queued_at / {SPAN_MS} * {SPAN_MS} AS span_from, CAST(COUNT(*) AS BIGINT) AS runs
             FROM runs WHERE plan_id IN ({}) AND queued_at >= $1 GROUP BY plan_id, state, queued_at / {SPAN_MS}",
            list(plans.iter().map(|id| id.get()))
        );
        Sql::new(sql).bind(since).all(self.read(), "count the plans' runs").await
    }

    /// How many runs that were queued since then stand how; a state that none has is not in the answer.
    pub async fn run_states_since(&self, since: Timestamp) -> Result<HashMap<RunState, u64>, CatalogError> {
        struct Counted(RunState, u64);
        impl FromRow for Counted {
            fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
                Ok(Self(row.word("state")?, row.number("runs")?))
            }
        }
        // State by state: grouped by them, SQLite reads all runs in the order of their states.
        let of = |state: &RunState| {
            format!("SELECT '{state}' AS state, COUNT(*) AS runs FROM runs WHERE state = '{state}' AND queued_at >= $1")
        };
        let sql = RunState::ALL.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ");
        let counted: Vec<Counted> = Sql::new(sql).bind(since).all(self.read(), "count the latest runs").await?;
        Ok(counted.into_iter().map(|Counted(state, runs)| (state, runs)).filter(|(_, runs)| *runs > 0).collect())
    }

    /// The newest recovery point of each of these plans, where there is one.
    pub async fn verifications(&self, plans: &[PlanId]) -> Result<Vec<Verified>, CatalogError> {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT s.plan_id, s.verified_at FROM plans p JOIN snapshots s ON s.id = (
                 SELECT n.id FROM snapshots n WHERE n.plan_id = p.id AND n.vanished_at IS NULL
                 ORDER BY n.taken_at DESC, n.id DESC LIMIT 1)
             WHERE p.id IN ({})",
            list(plans.iter().map(|id| id.get()))
        );
        Sql::new(sql).all(self.read(), "look at the newest snapshots").await
    }

    /// Whether a run of the plan waits or goes on.
    pub async fn has_active_run(&self, plan: PlanId) -> Result<bool, CatalogError> {
        let active: i64 = Sql::new("SELECT COUNT(*) FROM runs WHERE plan_id = $1 AND state IN ('queued', 'running')")
            .bind(plan)
            .one(self.read(), "look for a run of a plan")
            .await?;
        Ok(active > 0)
    }

    /// What jobs are about, for people: a plan's name, a repository's path, a pool's or a server's name.
    pub async fn job_titles(
        &self,
        jobs: &[rempart_jobs::Job],
    ) -> Result<HashMap<rempart_model::JobId, String>, CatalogError> {
        let mut names: HashMap<(&str, i64), String> = HashMap::new();
        for (kind, sql, ids) in [
            (
                "run",
                "SELECT id, plan_name AS name FROM runs",
                jobs.iter().filter_map(|j| j.run_id.map(i64::from)).collect::<Vec<_>>(),
            ),
            (
                "repository",
                "SELECT id, path AS name FROM repositories",
                jobs.iter().filter_map(|j| j.repository_id.map(i64::from)).collect(),
            ),
            ("pool", "SELECT id, name FROM pools", jobs.iter().filter_map(|j| j.pool_id.map(i64::from)).collect()),
            (
                "server",
                "SELECT id, name FROM servers",
                jobs.iter().filter_map(|j| j.server_id.map(i64::from)).collect(),
            ),
        ] {
            names.extend(self.names_by_id(sql, ids).await?.into_iter().map(|(id, name)| ((kind, id), name)));
        }
        let title = |job: &rempart_jobs::Job| {
            let named = |kind, id: Option<i64>| id.and_then(|id| names.get(&(kind, id)).cloned());
            named("run", job.run_id.map(i64::from))
                .or_else(|| named("repository", job.repository_id.map(i64::from)))
                .or_else(|| named("pool", job.pool_id.map(i64::from)))
                .or_else(|| named("server", job.server_id.map(i64::from)))
        };
        Ok(jobs.iter().filter_map(|job| Some((job.id, title(job)?))).collect())
    }
}
