//! Jobs: the queue's tables. What waits and runs is in `jobs`, what has ended in `job_history`.

mod claim;
mod count;
mod leave;
mod list;
mod store;

use jiff::Timestamp;
use rempart_jobs::{CancelAnswer, Job, JobOutcome, NewJob};
use rempart_model::{JobId, JobState, PlanId, PoolId, RepoId, RunId, ServerId, UserId};
use sea_orm::ConnectionTrait;
use serde_json::json;

pub use list::{JobFilter, LogRow};
pub use store::CatalogJobs;

use crate::sql::{FromRow, Json, Row, Sql};
use crate::{CatalogError, Dialect, Topic, WriteTx};

pub(crate) const COLUMNS: &str = "id, kind, state, priority, turn, server_id, pool_id, repository_id, plan_id, run_id, \
     requested_by, access, payload, attempt, max_attempts, unique_key, not_before, queued_at, started_at, ended_at, \
     cancel_requested, worker, generation, lease_until, progress, code, message, result";

impl FromRow for Job {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            kind: row.word("kind")?,
            state: row.word("state")?,
            priority: row.get("priority")?,
            server_id: row.opt_id::<ServerId>("server_id")?,
            pool_id: row.opt_id::<PoolId>("pool_id")?,
            repository_id: row.opt_id::<RepoId>("repository_id")?,
            plan_id: row.opt_id::<PlanId>("plan_id")?,
            run_id: row.opt_id::<RunId>("run_id")?,
            requested_by: row.opt_id::<UserId>("requested_by")?,
            access: row.word("access")?,
            payload: row.json("payload")?,
            attempt: row.get::<i32>("attempt")?.unsigned_abs(),
            max_attempts: row.get::<i32>("max_attempts")?.unsigned_abs(),
            not_before: row.opt_time("not_before")?,
            queued_at: row.time("queued_at")?,
            started_at: row.opt_time("started_at")?,
            ended_at: row.opt_time("ended_at")?,
            cancel_requested: row.get("cancel_requested")?,
            worker: row.get("worker")?,
            generation: row.get("generation")?,
            lease_until: row.opt_time("lease_until")?,
            progress: row.opt_json("progress")?,
            code: row.get("code")?,
            message: row.get("message")?,
            result: row.opt_json("result")?,
        })
    }
}

/// `state IN (…)` of the states from which `next` may be reached: the one place where SQL says it.
fn may_become(next: JobState) -> String {
    let words: Vec<_> = next.valid_previous_states().iter().map(|state| format!("'{state}'")).collect();
    format!("state IN ({})", words.join(", "))
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: JobId) -> Result<Job, CatalogError> {
    let sql =
        format!("SELECT {COLUMNS} FROM jobs WHERE id = $1 UNION ALL SELECT {COLUMNS} FROM job_history WHERE id = $1");
    Sql::new(sql)
        .bind(id)
        .first(db, "read a job")
        .await?
        .ok_or(CatalogError::NotFound { what: JobId::WHAT, id: id.get() })
}

impl WriteTx {
    /// Adds a job to the queue, and wakes the workers of this process once it is committed. Where one with the same
    /// `unique_key` is active, answers that one's number.
    pub async fn enqueue_job(&mut self, job: &NewJob, now: Timestamp) -> Result<JobId, CatalogError> {
        let turn = self.take_turn(job.server_id).await?;
        let insert = |sql: &str| {
            Sql::new(sql)
                .bind(job.kind)
                .bind(job.priority)
                .bind(turn)
                .bind(job.server_id)
                .bind(job.pool_id)
                .bind(job.repository_id)
                .bind(job.plan_id)
                .bind(job.run_id)
                .bind(job.requested_by)
                .bind(job.access())
                .bind(Json(&job.payload))
                .bind(job.max_attempts.max(1) as i32)
                .bind(job.unique_key.as_deref())
                .bind(job.not_before)
                .bind(now)
        };
        // The other one may end between the two statements; then the next turn adds this one.
        loop {
            let added: Option<JobId> = insert(
                "INSERT INTO jobs (kind, state, priority, turn, server_id, pool_id, repository_id, plan_id, run_id,
                     requested_by, access, payload, attempt, max_attempts, unique_key, not_before, queued_at,
                     cancel_requested, generation)
                 VALUES ($1, 'queued', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, FALSE, 0)
                 ON CONFLICT DO NOTHING RETURNING id",
            )
            .first(&self.tx, "add a job")
            .await?;
            if let Some(id) = added {
                let data = json!({
                    "state": "queued", "kind": job.kind, "runId": job.run_id, "planId": job.plan_id,
                    "repositoryId": job.repository_id, "serverId": job.server_id, "poolId": job.pool_id,
                });
                self.append_event(Topic::Jobs, "created", id, &data, now).await?;
                self.wakes.work = true;
                return Ok(id);
            }
            let active: Option<JobId> = Sql::new("SELECT id FROM jobs WHERE unique_key = $1")
                .bind(job.unique_key.as_deref())
                .first(&self.tx, "look for the same job")
                .await?;
            if let Some(active) = active {
                return Ok(active);
            }
        }
    }

    /// Cancels a waiting job at once, and asks for the end of a running one.
    pub async fn cancel_job(&mut self, id: JobId, now: Timestamp) -> Result<CancelAnswer, CatalogError> {
        // Waiting: it ends here. The filter on its state keeps a claim and this from both having it.
        let canceled: Option<Job> = Sql::new(format!(
            "UPDATE jobs SET state = 'canceled', ended_at = $2, cancel_requested = TRUE, code = NULL, message = NULL
             WHERE id = $1 AND state = 'queued' RETURNING {COLUMNS}"
        ))
        .bind(id)
        .bind(now)
        .first(&self.tx, "cancel a job")
        .await?;
        if let Some(job) = canceled {
            self.archive_jobs(&[job.id]).await?;
            self.say_states(&[(job, now)]).await?;
            return Ok(CancelAnswer::Canceled);
        }
        let asked =
            Sql::new("UPDATE jobs SET cancel_requested = TRUE WHERE id = $1 AND state IN ('leased', 'running')")
                .bind(id)
                .run(&self.tx, "ask a job to end")
                .await?;
        if asked > 0 {
            self.wakes.cancels = true;
            self.append_event(Topic::Jobs, "cancelRequested", id, &json!({}), now).await?;
            return Ok(CancelAnswer::Requested);
        }
        match find(&self.tx, id).await {
            Ok(job) => Ok(CancelAnswer::Ended(job.state)),
            Err(CatalogError::NotFound { .. }) => Ok(CancelAnswer::NotFound),
            Err(error) => Err(error),
        }
    }

    /// Jobs whose rows say that they have ended move to the history.
    async fn archive_jobs(&mut self, ids: &[JobId]) -> Result<(), CatalogError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = || ids.iter().copied();
        if self.dialect() == Dialect::Postgres {
            return Sql::new("WITH gone AS (DELETE FROM jobs WHERE id IN ")
                .push_list(ids())
                .push(&format!(" RETURNING {COLUMNS}) INSERT INTO job_history ({COLUMNS}) SELECT {COLUMNS} FROM gone"))
                .run(&self.tx, "move jobs that have ended")
                .await
                .map(|_| ());
        }
        Sql::new(format!("INSERT INTO job_history ({COLUMNS}) SELECT {COLUMNS} FROM jobs WHERE id IN "))
            .push_list(ids())
            .run(&self.tx, "keep jobs that have ended")
            .await?;
        Sql::new("DELETE FROM jobs WHERE id IN ")
            .push_list(ids())
            .run(&self.tx, "take jobs off the queue")
            .await
            .map(|_| ())
    }

    /// Tells those who watch, and the jobs' runs, where the jobs now stand.
    async fn say_states(&mut self, jobs: &[(Job, Timestamp)]) -> Result<(), CatalogError> {
        for (job, now) in jobs {
            let data = json!({
                "state": job.state, "kind": job.kind, "runId": job.run_id, "planId": job.plan_id,
                "repositoryId": job.repository_id, "serverId": job.server_id, "poolId": job.pool_id,
                "code": job.code, "message": job.message,
            });
            self.append_event(Topic::Jobs, "state", job.id, &data, *now).await?;
            self.wakes.work |= job.state.is_final() || job.state == JobState::Queued;
        }
        self.follow_jobs(jobs).await
    }
}

/// What a job's row says of its outcome.
fn state_of(outcome: &JobOutcome) -> JobState {
    outcome.outcome.into()
}
