//! A job at work: it begins, is heard of, and leaves its worker.

use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::{ATTEMPTS_OVER_LOST_WORKERS, Beat, Heartbeat, Job, JobOutcome, Lease, Leave, Leaving, Reaped};
use rempart_model::{JobId, JobProgress, JobState};
use serde_json::json;

use super::{COLUMNS, may_become, state_of};
use crate::sql::Sql;
use crate::{CatalogError, Dialect, Topic, WriteTx};

impl WriteTx {
    pub(crate) async fn start_job(&mut self, lease: Lease, now: Timestamp) -> Result<bool, CatalogError> {
        let started: Option<Job> = Sql::new(format!(
            "UPDATE jobs SET state = 'running', started_at = $3, code = NULL, message = NULL
             WHERE id = $1 AND generation = $2 AND {} RETURNING {COLUMNS}",
            may_become(JobState::Running)
        ))
        .bind(lease.job_id)
        .bind(lease.generation)
        .bind(now)
        .first(&self.tx, "begin a job")
        .await?;
        let Some(job) = started else { return Ok(false) };
        self.say_state(&job, now).await?;
        Ok(true)
    }

    pub(crate) async fn beat_job(&mut self, beat: &Heartbeat) -> Result<Beat, CatalogError> {
        let held: Option<Job> = Sql::new(format!(
            "UPDATE jobs SET lease_until = $3, progress = COALESCE($4, progress)
             WHERE id = $1 AND generation = $2 AND state IN ('leased', 'running') RETURNING {COLUMNS}"
        ))
        .bind(beat.lease.job_id)
        .bind(beat.lease.generation)
        .bind(beat.lease_until)
        .bind(beat.progress.as_ref().map(|progress| serde_json::to_string(progress).expect("plain JSON")))
        .first(&self.tx, "hear of a job")
        .await?;
        let Some(job) = held else { return Ok(Beat::Lost) };
        self.append_job_log(job.id, &beat.log).await?;
        if let Some(progress) = &beat.progress {
            self.say_progress(&job, progress, beat.now).await?;
        }
        Ok(if job.cancel_requested { Beat::CancelRequested } else { Beat::Held })
    }

    async fn say_progress(&mut self, job: &Job, progress: &JobProgress, now: Timestamp) -> Result<(), CatalogError> {
        let mut data = json!(progress);
        data["runId"] = json!(job.run_id);
        self.append_event(Topic::Jobs, "progress", job.id, &data, now).await?;
        let Some(run) = job.run_id else { return Ok(()) };
        self.write_run_progress(run, progress).await?;
        data["jobId"] = json!(job.id);
        self.append_event(Topic::Runs, "progress", run, &data, now).await
    }

    pub(crate) async fn leave_job(&mut self, leave: &Leave) -> Result<bool, CatalogError> {
        self.lock_counters().await?;
        let left = match &leave.leaving {
            Leaving::Ended(outcome) => self.write_end(leave.lease, outcome, leave.progress.as_ref(), leave.now).await?,
            Leaving::Retry { not_before, outcome } => {
                self.write_requeue(leave.lease, Some((*not_before, outcome)), leave.progress.as_ref()).await?
            }
            Leaving::GivenBack => self.write_requeue(leave.lease, None, leave.progress.as_ref()).await?,
        };
        let Some(job) = left else { return Ok(false) };
        self.append_job_log(job.id, &leave.log).await?;
        self.settle(&job, leave.now).await?;
        Ok(true)
    }

    /// The row as it ends; None where the lease is lost or it never ran.
    async fn write_end(
        &self,
        lease: Lease,
        outcome: &JobOutcome,
        progress: Option<&JobProgress>,
        now: Timestamp,
    ) -> Result<Option<Job>, CatalogError> {
        let state = state_of(outcome);
        Sql::new(format!(
            "UPDATE jobs SET state = $3, ended_at = $4, lease_until = NULL, code = $5, message = $6, result = $7,
                 progress = COALESCE($8, progress)
             WHERE id = $1 AND generation = $2 AND {} RETURNING {COLUMNS}",
            may_become(state)
        ))
        .bind(lease.job_id)
        .bind(lease.generation)
        .bind(state)
        .bind(now)
        .bind(outcome.code.as_deref())
        .bind(outcome.message.as_deref())
        .bind(outcome.result.as_ref().map(serde_json::Value::to_string))
        .bind(progress.map(|progress| serde_json::to_string(progress).expect("plain JSON")))
        .first(&self.tx, "end a job")
        .await
    }

    /// The row as it goes back to the queue: for another attempt, or as if it had not begun.
    async fn write_requeue(
        &self,
        lease: Lease,
        retry: Option<(Timestamp, &JobOutcome)>,
        progress: Option<&JobProgress>,
    ) -> Result<Option<Job>, CatalogError> {
        Sql::new(format!(
            "UPDATE jobs SET state = 'queued', lease_until = NULL, worker = NULL, started_at = NULL, not_before = $3,
                 code = $4, message = $5, progress = COALESCE($6, progress), attempt = attempt - $7
             WHERE id = $1 AND generation = $2 AND {} RETURNING {COLUMNS}",
            may_become(JobState::Queued)
        ))
        .bind(lease.job_id)
        .bind(lease.generation)
        .bind(retry.map(|(not_before, _)| not_before))
        .bind(retry.and_then(|(_, outcome)| outcome.code.as_deref()))
        .bind(retry.and_then(|(_, outcome)| outcome.message.as_deref()))
        .bind(progress.map(|progress| serde_json::to_string(progress).expect("plain JSON")))
        .bind(i32::from(retry.is_none()))
        .first(&self.tx, "put a job back into the queue")
        .await
    }

    /// The job works no more: its places are free, and those who watch hear of it.
    async fn settle(&mut self, job: &Job, now: Timestamp) -> Result<(), CatalogError> {
        self.count_job(job, -1, 0).await?;
        if job.state.is_final() { self.archive_job(job, now).await } else { self.say_state(job, now).await }
    }

    pub(crate) async fn reap_jobs(
        &mut self,
        now: Timestamp,
        wait: &(dyn Fn(JobId, u32) -> Duration + Sync),
    ) -> Result<Vec<Reaped>, CatalogError> {
        self.lock_counters().await?;
        // Locked, so that no heartbeat renews a lease between this look and what follows from it.
        let lock = if self.dialect() == Dialect::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
        let lost: Vec<Job> =
            Sql::new(format!("SELECT {COLUMNS} FROM jobs WHERE lease_until < $1 ORDER BY lease_until LIMIT 100{lock}"))
                .bind(now)
                .all(&self.tx, "look for lost leases")
                .await?;
        let mut reaped = Vec::new();
        for job in lost {
            let words = "the worker was not heard of any more";
            let settled = if job.cancel_requested {
                self.write_end(job.lease(), &JobOutcome::canceled(), None, now).await?
            } else if job.attempt < job.max_attempts.max(ATTEMPTS_OVER_LOST_WORKERS) {
                let not_before = now.checked_add(wait(job.id, job.attempt)).unwrap_or(Timestamp::MAX);
                let outcome = JobOutcome::failed_for_now("worker.lost", words);
                self.write_requeue(job.lease(), Some((not_before, &outcome)), None).await?
            } else {
                self.write_end(job.lease(), &JobOutcome::failed("worker.lost", words), None, now).await?
            };
            if let Some(settled) = settled {
                self.settle(&settled, now).await?;
                reaped.push(Reaped { job_id: job.id, worker: job.worker, state: settled.state });
            }
        }
        Ok(reaped)
    }
}
