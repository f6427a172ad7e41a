//! Jobs looked at: one, a page, a log, and what a waiting one waits for.

use std::collections::HashMap;

use jiff::Timestamp;
use rempart_jobs::{Candidate, HeldBack, Job, Limits, LogLine, Picker};
use rempart_model::{JobId, JobKind, JobLogId, JobState, PlanId, PoolId, RepoId, RunId, ServerId};

use super::COLUMNS;
use crate::runs::one_by_one;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, TOTAL_LIMIT};

/// Which jobs are listed, newest first.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Empty: all.
    pub states: Vec<JobState>,
    pub kind: Option<JobKind>,
    pub server_id: Option<ServerId>,
    pub pool_id: Option<PoolId>,
    pub repository_id: Option<RepoId>,
    pub plan_id: Option<PlanId>,
    pub run_id: Option<RunId>,
}

/// A line of a log with its number, by which reading goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    pub seq: i64,
    pub line: LogLine,
}

impl FromRow for LogRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        let line = LogLine { at: row.time("at")?, level: row.word("level")?, text: row.get("text")? };
        Ok(Self { seq: row.id::<JobLogId>("id")?.get(), line })
    }
}

impl JobFilter {
    fn select(&self, columns: &str, table: &str, state: Option<JobState>) -> Sql {
        let mut sql = Sql::new(format!("SELECT {columns} FROM {table} WHERE 1 = 1"));
        if let Some(state) = state {
            sql = sql.push(" AND state = ").push_bind(state);
        }
        if let Some(kind) = self.kind {
            sql = sql.push(" AND kind = ").push_bind(kind);
        }
        for (column, id) in [
            ("server_id", self.server_id.map(ServerId::get)),
            ("pool_id", self.pool_id.map(PoolId::get)),
            ("repository_id", self.repository_id.map(RepoId::get)),
            ("plan_id", self.plan_id.map(PlanId::get)),
            ("run_id", self.run_id.map(RunId::get)),
        ] {
            if let Some(id) = id {
                sql = sql.push(&format!(" AND {column} = ")).push_bind(id);
            }
        }
        sql
    }

    /// Rows of the list behind the number `after`.
    pub(crate) fn page(&self, table: &str, state: Option<JobState>, after: Option<i64>, limit: i64) -> Sql {
        let mut sql = self.select(COLUMNS, table, state);
        if let Some(id) = after {
            sql = sql.push(" AND id < ").push_bind(id);
        }
        sql.push(" ORDER BY id DESC LIMIT ").push_bind(limit)
    }

    /// The looks that the list takes: a table, and one state of it or any. Each state by itself is read along an index
    /// whose end is the order of the list.
    fn looks(&self) -> Vec<(&'static str, Option<JobState>)> {
        let table = |state: JobState| if state.is_final() { "job_history" } else { "jobs" };
        let of = |state: Option<JobState>| match state {
            Some(known) => vec![(table(known), state)],
            None => vec![("jobs", None), ("job_history", None)],
        };
        one_by_one(&self.states).into_iter().flat_map(of).collect()
    }
}

impl Catalog {
    /// The job, whether it waits, runs or has ended.
    pub async fn job(&self, id: JobId) -> Result<Job, CatalogError> {
        super::find(self.read(), id).await
    }

    pub async fn jobs(&self, filter: &JobFilter, request: &PageRequest) -> Result<Page<Job>, CatalogError> {
        const SORT: &str = "newest";
        let after: Option<i64> = request.after(SORT)?;
        let (mut rows, mut total) = (Vec::new(), 0_i64);
        for (table, state) in filter.looks() {
            let limit = request.limit() as i64 + 1;
            let page: Vec<Job> = filter.page(table, state, after, limit).all(self.read(), "list jobs").await?;
            total += match request.total_known(page.len()) {
                Some(known) => known as i64,
                None => filter.select("1", table, state).counted().one(self.read(), "count jobs").await?,
            };
            rows.extend(page);
        }
        rows.sort_by_key(|job| std::cmp::Reverse(job.id));
        // A job that went on between two statements was read twice.
        rows.dedup_by_key(|job| job.id);
        let total = total.unsigned_abs().min(TOTAL_LIMIT);
        Ok(Page::of(rows, request, SORT, |job| job.id.get(), total))
    }

    /// Restores onto a server that were given to a worker at least once, and have not ended.
    pub async fn restores_given_out(&self, server: ServerId) -> Result<Vec<JobId>, CatalogError> {
        Sql::new("SELECT id FROM jobs WHERE kind = $1 AND server_id = $2 AND generation > 0")
            .bind(JobKind::Restore)
            .bind(server)
            .all(self.read(), "list the restores of a server")
            .await
    }

    /// Lines of a job's log after the line `after`, oldest first.
    pub async fn job_log(&self, id: JobId, after: Option<i64>, limit: u32) -> Result<Vec<LogRow>, CatalogError> {
        Sql::new("SELECT id, at, level, text FROM job_log WHERE job_id = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(id)
            .bind(after.unwrap_or(0))
            .bind(i64::from(limit))
            .all(self.read(), "read a job's log")
            .await
    }

    /// What waiting jobs wait for, of those that limits, a time or a missing agent hold back: `retry`, `global`, `server`,
    /// `repository`, `agent`.
    /// Jobs that are simply next are not in the answer.
    pub async fn waiting_reasons(
        &self,
        limits: Limits,
        now: Timestamp,
    ) -> Result<HashMap<JobId, &'static str>, CatalogError> {
        const LOOKED_AT: u32 = 1000;
        struct Waits(Candidate, Option<Timestamp>, bool);
        impl FromRow for Waits {
            fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
                let count = |column: &str| Ok::<_, CatalogError>(u32::try_from(row.get::<i64>(column)?).unwrap_or(0));
                let candidate = Candidate {
                    job_id: row.id("id")?,
                    server: row.opt_id("server_id")?,
                    repository: row.opt_id("repository_id")?,
                    access: row.word("access")?,
                    server_in_use: count("server_in_use")?,
                    repository_shared: count("shared")?,
                    repository_exclusive: count("alone")?,
                };
                Ok(Self(candidate, row.opt_time("not_before")?, row.get::<i64>("is_offline")? != 0))
            }
        }
        let in_use: Option<i64> = Sql::new("SELECT in_use FROM job_limits WHERE key = 'global'")
            .first(self.read(), "count the jobs at work")
            .await?;
        let in_use = in_use.unwrap_or(0);
        let waiting: Vec<Waits> = Sql::new(format!(
            "SELECT j.id, j.server_id, j.repository_id, j.access, j.not_before,
                 COALESCE(s.in_use, 0) AS server_in_use, COALESCE(r.in_use, 0) AS shared, COALESCE(r.alone, 0) AS alone,
                 CAST(CASE WHEN j.kind IN ('backup', 'restore') AND a.server_id IS NOT NULL AND a.process IS NULL
                     THEN 1 ELSE 0 END AS BIGINT) AS is_offline
             FROM jobs j
             LEFT JOIN agents a ON a.server_id = j.server_id
             LEFT JOIN job_limits s ON s.key = 'server:' || j.server_id
             LEFT JOIN job_limits r ON r.key = 'repository:' || j.repository_id
             WHERE j.state = 'queued' ORDER BY -j.priority, j.turn, j.id LIMIT {LOOKED_AT}"
        ))
        .all(self.read(), "look at the queue")
        .await?;
        let mut picker = Picker::default();
        let reasons = waiting.into_iter().filter_map(|Waits(candidate, not_before, is_offline)| {
            // It is not looked at, and reserves nothing.
            if is_offline {
                return Some((candidate.job_id, "agent"));
            }
            if not_before.is_some_and(|not_before| not_before > now) {
                return Some((candidate.job_id, "retry"));
            }
            let reason = match picker.held_back(&candidate, limits) {
                Some(HeldBack::Server) => "server",
                Some(HeldBack::Repository) => "repository",
                None if in_use >= i64::from(limits.global) => "global",
                None => return None,
            };
            Some((candidate.job_id, reason))
        });
        Ok(reasons.collect())
    }

    pub(crate) async fn has_waiting_jobs(&self, now: Timestamp) -> Result<bool, CatalogError> {
        let here = crate::agents::may_be_done_here("$2");
        let sql = format!(
            "SELECT 1 FROM jobs WHERE state = 'queued' AND (not_before IS NULL OR not_before <= $1) AND {here} LIMIT 1"
        );
        let found: Option<i64> = Sql::new(format!("SELECT CAST(COUNT(*) AS BIGINT) FROM ({sql}) AS found"))
            .bind(now)
            .bind(self.process())
            .first(self.read(), "look for work")
            .await?;
        Ok(found.unwrap_or(0) > 0)
    }

    pub(crate) async fn has_lost_leases(&self, now: Timestamp) -> Result<bool, CatalogError> {
        let found: i64 = Sql::new("SELECT COUNT(*) FROM jobs WHERE lease_until < $1")
            .bind(now)
            .one(self.read(), "look for lost leases")
            .await?;
        Ok(found > 0)
    }
}
