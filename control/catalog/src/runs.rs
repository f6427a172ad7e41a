//! Runs: one execution of a plan each, with what was counted and what is not in its recovery point.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rempart_jobs::{Fired, NewRun, PlanToRun, Started};
use rempart_model::{
    JobId, PlanId, ProblemId, RepoId, RunCounters, RunId, RunOrigin, RunState, ServerId, SnapshotRowId, UserId,
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::page::contains;
use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, TOTAL_LIMIT, Topic, WriteTx};

/// A run as the catalog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub id: RunId,
    pub plan_id: PlanId,
    /// As the plan was called when the run began: plans are renamed and deleted, runs stay.
    pub plan_name: String,
    pub server_id: ServerId,
    pub repository_id: RepoId,
    pub job_id: Option<JobId>,
    pub snapshot_id: Option<SnapshotRowId>,
    pub retry_of: Option<RunId>,
    pub requested_by: Option<UserId>,
    pub state: RunState,
    pub origin: RunOrigin,
    pub fire_at: Option<Timestamp>,
    pub queued_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub attempt: u32,
    pub counters: RunCounters,
    /// Of the sources, over the whole run; while it goes on, the current rate.
    pub rate_bytes_per_second: u64,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// Which runs are listed, newest first.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Part of the plan's name, case aside; of plans that exist.
    pub text: Option<String>,
    /// Empty: all.
    pub states: Vec<RunState>,
    pub plan_id: Option<PlanId>,
    pub server_id: Option<ServerId>,
    pub repository_id: Option<RepoId>,
}

/// One file that is not in the recovery point, or not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// For reading: bytes that are no UTF-8 in percent code.
    pub path: String,
    /// A word such as `unreadable`, `vanished`, `changed`.
    pub kind: String,
    /// A sentence, or what becomes one in the reader's language.
    pub message: String,
}

/// A problem with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    pub id: ProblemId,
    pub problem: Problem,
}

pub(crate) const COLUMNS: &str = "id, plan_id, plan_name, server_id, repository_id, job_id, snapshot_id, retry_of, requested_by, \
     state, origin, fire_at, queued_at, started_at, ended_at, attempt, counters, rate_bytes_per_second, code, message";

impl FromRow for RunRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            plan_id: row.id("plan_id")?,
            plan_name: row.get("plan_name")?,
            server_id: row.id("server_id")?,
            repository_id: row.id("repository_id")?,
            job_id: row.opt_id("job_id")?,
            snapshot_id: row.opt_id("snapshot_id")?,
            retry_of: row.opt_id("retry_of")?,
            requested_by: row.opt_id("requested_by")?,
            state: row.word("state")?,
            origin: row.word("origin")?,
            fire_at: row.opt_time("fire_at")?,
            queued_at: row.time("queued_at")?,
            started_at: row.opt_time("started_at")?,
            ended_at: row.opt_time("ended_at")?,
            attempt: row.get::<i32>("attempt")?.unsigned_abs(),
            counters: row.json("counters")?,
            rate_bytes_per_second: row.number("rate_bytes_per_second")?,
            code: row.get("code")?,
            message: row.get("message")?,
        })
    }
}

impl FromRow for ProblemRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let problem = Problem { path: row.get("path")?, kind: row.get("kind")?, message: row.get("message")? };
        Ok(Self { id: row.id("id")?, problem })
    }
}

async fn find(db: &impl ConnectionTrait, id: RunId) -> Result<RunRow, CatalogError> {
    Sql::new(format!("SELECT {COLUMNS} FROM runs WHERE id = $1"))
        .bind(id)
        .first(db, "read a run")
        .await?
        .ok_or(CatalogError::NotFound { what: RunId::WHAT, id: id.get() })
}

impl RunFilter {
    /// The filter as conditions; `plan` stands for the plans that the text names and `state` for the states, one of them
    /// at a time.
    fn select(&self, columns: &str, plan: Option<PlanId>, state: Option<RunState>) -> Sql {
        let mut sql = Sql::new(format!("SELECT {columns} FROM runs WHERE 1 = 1"));
        if let Some(state) = state {
            sql = sql.push(" AND state = ").push_bind(state);
        }
        for (column, id) in [
            ("plan_id", plan.or(self.plan_id).map(PlanId::get)),
            ("server_id", self.server_id.map(ServerId::get)),
            ("repository_id", self.repository_id.map(RepoId::get)),
        ] {
            if let Some(id) = id {
                sql = sql.push(&format!(" AND {column} = ")).push_bind(id);
            }
        }
        sql
    }

    /// Rows of the list behind the number `after`.
    pub(crate) fn page(&self, plan: Option<PlanId>, state: Option<RunState>, after: Option<i64>, limit: i64) -> Sql {
        let mut sql = self.select(COLUMNS, plan, state);
        if let Some(id) = after {
            sql = sql.push(" AND id < ").push_bind(id);
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(limit)
    }
}

/// Each state once; one None, which stands for any, where none is named.
pub(crate) fn one_by_one<S: Copy + Ord>(states: &[S]) -> Vec<Option<S>> {
    let once: BTreeSet<S> = states.iter().copied().collect();
    if once.is_empty() { vec![None] } else { once.into_iter().map(Some).collect() }
}

/// A search that names more plans than this is too wide to be one.
const PLANS_OF_A_SEARCH: i64 = 50;

impl Catalog {
    pub async fn run(&self, id: RunId) -> Result<RunRow, CatalogError> {
        find(self.read(), id).await
    }

    pub async fn runs(&self, filter: &RunFilter, request: &PageRequest) -> Result<Page<RunRow>, CatalogError> {
        const SORT: &str = "newest";
        let after: Option<i64> = request.after(SORT)?;
        let limit = request.limit() as i64 + 1;
        let (mut rows, mut total) = (Vec::new(), 0_i64);
        // Each plan and each state is looked at by itself, along an index whose end is the order of the list: a filter on
        // a million names would read them all, and one on several states would sort all that are in them.
        let states = one_by_one(&filter.states);
        let plans = self.plans_searched(filter).await?;
        let looks: Vec<_> = plans.iter().flat_map(|plan| states.iter().map(|state| (*plan, *state))).collect();
        for (plan, state) in looks {
            let page: Vec<RunRow> = filter.page(plan, state, after, limit).all(self.read(), "list runs").await?;
            if let Some(known) = request.total_known(page.len()) {
                total += known as i64;
            } else if total < TOTAL_LIMIT as i64 {
                let counted: i64 = filter.select("1", plan, state).counted().one(self.read(), "count runs").await?;
                total += counted;
            }
            rows.extend(page);
        }
        rows.sort_by_key(|run| std::cmp::Reverse(run.id));
        // A run whose state changed between two statements was read twice.
        rows.dedup_by_key(|run| run.id);
        let total = total.unsigned_abs().min(TOTAL_LIMIT);
        Ok(Page::of(rows, request, SORT, |run| run.id.get(), total))
    }

    async fn plans_searched(&self, filter: &RunFilter) -> Result<Vec<Option<PlanId>>, CatalogError> {
        let Some(text) = filter.text.as_deref().filter(|_| filter.plan_id.is_none()) else { return Ok(vec![None]) };
        let found: Vec<PlanId> =
            Sql::new("SELECT id FROM plans WHERE name_key LIKE $1 ESCAPE '\\' ORDER BY name_key LIMIT $2")
                .bind(contains(text))
                .bind(PLANS_OF_A_SEARCH)
                .all(self.read(), "search plans")
                .await?;
        Ok(found.into_iter().map(Some).collect())
    }

    /// Problems of a run, in the order in which they were met.
    pub async fn run_problems(&self, run: RunId, request: &PageRequest) -> Result<Page<ProblemRow>, CatalogError> {
        const SORT: &str = "met";
        let rows: Vec<ProblemRow> = Sql::new(
            "SELECT id, path, kind, message FROM run_problems WHERE run_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(run)
        .bind(request.after::<i64>(SORT)?.unwrap_or(0))
        .bind(request.limit() as i64 + 1)
        .all(self.read(), "list problems")
        .await?;
        let total: i64 = Sql::new("SELECT COUNT(*) FROM run_problems WHERE run_id = $1")
            .bind(run)
            .one(self.read(), "count problems")
            .await?;
        Ok(Page::of(rows, request, SORT, |row| row.id.get(), total.unsigned_abs()))
    }

    /// How many problems of a run are listed.
    pub async fn count_problems(&self, run: RunId) -> Result<u64, CatalogError> {
        let count: i64 = Sql::new("SELECT COUNT(*) FROM run_problems WHERE run_id = $1")
            .bind(run)
            .one(self.read(), "count a run's problems")
            .await?;
        Ok(count.unsigned_abs())
    }
}

impl WriteTx {
    /// Writes a run that [`rempart_jobs::start_run`] made, and its job. None where the fire time has its run already.
    pub async fn insert_run(&mut self, run: &NewRun, now: Timestamp) -> Result<Option<Started>, CatalogError> {
        let Some(run_id) = self.insert_run_row(run, RunState::Queued, now).await? else { return Ok(None) };
        let job = rempart_jobs::NewJob { run_id: Some(run_id), ..run.job.clone() };
        let job_id = self.enqueue_job(&job, now).await?;
        Sql::new("UPDATE runs SET job_id = $2 WHERE id = $1")
            .bind(run_id)
            .bind(job_id)
            .run(&self.tx, "give a run its job")
            .await?;
        if let Some(fired) = run.fired {
            self.write_fired(run.plan_id, fired, Some(run.plan_version)).await?;
        }
        let data = json!({ "state": "queued", "planId": run.plan_id, "jobId": job_id });
        self.append_event(Topic::Runs, "created", run_id, &data, now).await?;
        Ok(Some(Started { run_id, job_id }))
    }

    async fn insert_run_row(
        &self,
        run: &NewRun,
        state: RunState,
        now: Timestamp,
    ) -> Result<Option<RunId>, CatalogError> {
        Sql::new(
            "INSERT INTO runs (plan_id, plan_name, server_id, repository_id, retry_of, requested_by, state, origin,
                 fire_at, queued_at, ended_at, attempt, counters, rate_bytes_per_second)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0)
             ON CONFLICT (plan_id, fire_at) DO NOTHING RETURNING id",
        )
        .bind(run.plan_id)
        .bind(&run.plan_name)
        .bind(run.server_id)
        .bind(run.repository_id)
        .bind(run.origin.retry_of)
        .bind(run.origin.requested_by)
        .bind(state)
        .bind(run.origin.kind)
        .bind(run.origin.fire_at)
        .bind(now)
        .bind(state.is_final().then_some(now))
        .bind(Json(&RunCounters::default()))
        .first(&self.tx, "begin a run")
        .await
    }

    /// Moves a plan on in its schedule, and writes a `missed` run for each of `missed`.
    pub(crate) async fn move_plan_on(
        &mut self,
        plan: &PlanToRun,
        fired: Fired,
        missed: &[Timestamp],
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        for &fire_at in missed {
            let run = NewRun {
                plan_id: plan.id,
                plan_version: plan.version,
                plan_name: plan.name.clone(),
                server_id: plan.server_id,
                repository_id: plan.repository_id,
                origin: rempart_jobs::Origin::schedule(RunOrigin::Schedule, fire_at),
                job: rempart_jobs::NewJob::new(rempart_model::JobKind::Backup),
                fired: None,
            };
            if let Some(id) = self.insert_run_row(&run, RunState::Missed, now).await? {
                let data = json!({ "state": "missed", "planId": plan.id });
                self.append_event(Topic::Runs, "created", id, &data, now).await?;
            }
        }
        self.write_fired(plan.id, fired, Some(plan.version)).await
    }

    /// Names the recovery point that a run made.
    pub async fn set_run_snapshot(&mut self, run: RunId, snapshot: SnapshotRowId) -> Result<(), CatalogError> {
        Sql::new("UPDATE runs SET snapshot_id = $2 WHERE id = $1")
            .bind(run)
            .bind(snapshot)
            .run(&self.tx, "name a run's snapshot")
            .await
            .map(|_| ())
    }

    /// The list of what is not in a run's recovery point, in place of one that an attempt before this one had written.
    pub async fn replace_problems(&mut self, run: RunId, problems: &[Problem]) -> Result<(), CatalogError> {
        Sql::new("DELETE FROM run_problems WHERE run_id = $1")
            .bind(run)
            .run(&self.tx, "forget a run's problems")
            .await?;
        self.insert_problems(run, problems).await
    }

    /// Adds to the list of what is not in a run's recovery point. The caller caps it.
    pub async fn insert_problems(&mut self, run: RunId, problems: &[Problem]) -> Result<(), CatalogError> {
        for problems in problems.chunks(100) {
            let mut sql = Sql::new("INSERT INTO run_problems (run_id, path, kind, message) VALUES ");
            for (number, problem) in problems.iter().enumerate() {
                sql = sql.push(if number == 0 { "(" } else { ", (" }).push_bind(run);
                // PostgreSQL's text holds no zero byte.
                for text in [&problem.path, &problem.kind, &problem.message] {
                    sql = sql.push(", ").push_bind(text.replace('\0', "\u{fffd}"));
                }
                sql = sql.push(")");
            }
            sql.run(&self.tx, "list a run's problems").await?;
        }
        Ok(())
    }
}
