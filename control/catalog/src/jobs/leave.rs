//! Jobs at work: they begin, are heard of, and leave their workers. Each takes a list: what several workers say at once is
//! one statement of each kind.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rempart_jobs::told::WORKER_LOST;
use rempart_jobs::{
    ATTEMPTS_OVER_LOST_WORKERS, Beat, Heartbeat, Job, JobOutcome, Lease, Leave, Leaving, LogLine, Reaped,
};
use rempart_model::{JobId, JobProgress, JobState};
use serde_json::json;

use super::count::Counts;
use super::{COLUMNS, may_become, state_of};
use crate::sql::{Bind, Json, Sql, Value};
use crate::{CatalogError, Dialect, Topic, WriteTx};

/// The row of a job as it ends.
struct End<'a> {
    lease: Lease,
    outcome: &'a JobOutcome,
    progress: Option<&'a JobProgress>,
    now: Timestamp,
}

/// The row of a job as it goes back to the queue.
struct Requeue<'a> {
    lease: Lease,
    /// For another attempt, from then on; None as if it had not begun.
    retry: Option<(Timestamp, &'a JobOutcome)>,
    progress: Option<&'a JobProgress>,
}

fn json_or_null(progress: Option<&JobProgress>) -> Value {
    progress.map_or_else(|| None::<String>.value(), |progress| Json(progress).value())
}

/// Rows by the leases under which they were written: each lease is found once, whoever names it twice.
fn by_lease(jobs: Vec<Job>) -> HashMap<Lease, Job> {
    jobs.into_iter().map(|job| (job.lease(), job)).collect()
}

impl WriteTx {
    /// Which of them have begun; the others have lost their leases.
    pub(crate) async fn start_jobs(&mut self, starts: &[&(Lease, Timestamp)]) -> Result<Vec<bool>, CatalogError> {
        let rows = starts.iter().map(|(lease, now)| [lease.job_id.value(), lease.generation.value(), now.value()]);
        let started: Vec<Job> = Sql::new("WITH these (of_job, of_generation, begun) AS (VALUES ")
            .push_rows(rows)
            .push(&format!(
                ") UPDATE jobs SET state = 'running', started_at = begun, code = NULL, message = NULL
                 FROM these WHERE id = of_job AND generation = of_generation AND {} RETURNING {COLUMNS}",
                may_become(JobState::Running)
            ))
            .all(&self.tx, "begin jobs")
            .await?;
        let mut started = by_lease(started);
        let begun: Vec<_> = starts.iter().map(|(lease, now)| started.remove(lease).map(|job| (job, *now))).collect();
        let answers = begun.iter().map(Option::is_some).collect();
        self.say_states(&begun.into_iter().flatten().collect::<Vec<_>>()).await?;
        Ok(answers)
    }

    pub(crate) async fn beat_jobs(&mut self, beats: &[&Heartbeat]) -> Result<Vec<Beat>, CatalogError> {
        let rows = beats.iter().map(|beat| {
            let progress = json_or_null(beat.progress.as_ref());
            [beat.lease.job_id.value(), beat.lease.generation.value(), beat.lease_until.value(), progress]
        });
        let held: Vec<Job> = Sql::new("WITH these (of_job, of_generation, until, news) AS (VALUES ")
            .push_rows(rows)
            .push(&format!(
                ") UPDATE jobs SET lease_until = until, progress = COALESCE(news, progress)
                 FROM these WHERE id = of_job AND generation = of_generation AND state IN ('leased', 'running')
                 RETURNING {COLUMNS}"
            ))
            .all(&self.tx, "hear of jobs")
            .await?;
        let mut held = by_lease(held);
        let heard: Vec<_> = beats.iter().map(|&beat| held.remove(&beat.lease).map(|job| (job, beat))).collect();
        let answers = heard.iter().map(|heard| match heard {
            None => Beat::Lost,
            Some((job, _)) if job.cancel_requested => Beat::CancelRequested,
            Some(_) => Beat::Held,
        });
        let answers = answers.collect();
        let heard: Vec<(Job, &Heartbeat)> = heard.into_iter().flatten().collect();
        let said = heard.iter().flat_map(|(job, beat)| beat.log.iter().map(move |line| (job.id, line)));
        self.append_job_log(&said.collect::<Vec<_>>()).await?;
        let progress = heard.iter().filter_map(|(job, beat)| Some((job, beat.progress.as_ref()?, beat.now)));
        self.say_progress(&progress.collect::<Vec<_>>()).await?;
        Ok(answers)
    }

    async fn say_progress(&mut self, jobs: &[(&Job, &JobProgress, Timestamp)]) -> Result<(), CatalogError> {
        let of_runs: Vec<_> = jobs.iter().filter_map(|(job, progress, _)| Some((job.run_id?, *progress))).collect();
        self.write_run_progress(&of_runs).await?;
        for (job, progress, now) in jobs {
            let mut data = json!(progress);
            data["runId"] = json!(job.run_id);
            self.append_event(Topic::Jobs, "progress", job.id, &data, *now).await?;
            let Some(run) = job.run_id else { continue };
            data["jobId"] = json!(job.id);
            self.append_event(Topic::Runs, "progress", run, &data, *now).await?;
        }
        Ok(())
    }

    /// Which of them have left; the others have lost their leases, and nothing of them is written.
    pub(crate) async fn leave_jobs(&mut self, leaves: &[&Leave]) -> Result<Vec<bool>, CatalogError> {
        self.lock_counters().await?;
        let (mut ends, mut requeues) = (Vec::new(), Vec::new());
        for Leave { lease, now, leaving, progress, .. } in leaves.iter().copied() {
            let (lease, progress) = (*lease, progress.as_ref());
            match leaving {
                Leaving::Ended(outcome) => ends.push(End { lease, outcome, progress, now: *now }),
                Leaving::Retry { not_before, outcome } => {
                    requeues.push(Requeue { lease, retry: Some((*not_before, outcome)), progress });
                }
                Leaving::GivenBack => requeues.push(Requeue { lease, retry: None, progress }),
            }
        }
        let mut left = self.write_ends(&ends).await?;
        left.extend(self.write_requeues(&requeues).await?);
        let mut left = by_lease(left);
        let left: Vec<_> = leaves.iter().map(|&leave| left.remove(&leave.lease).map(|job| (job, leave))).collect();
        let answers = left.iter().map(Option::is_some).collect();
        let said = left.iter().flatten().flat_map(|(job, leave)| leave.log.iter().map(move |line| (job.id, line)));
        self.append_job_log(&said.collect::<Vec<_>>()).await?;
        self.settle(left.into_iter().flatten().map(|(job, leave)| (job, leave.now)).collect()).await?;
        Ok(answers)
    }

    /// The rows as they end; without those whose lease is lost or that never ran.
    async fn write_ends(&self, ends: &[End<'_>]) -> Result<Vec<Job>, CatalogError> {
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let rows = ends.iter().map(|End { lease, outcome, progress, now }| {
            [
                lease.job_id.value(),
                lease.generation.value(),
                state_of(outcome).value(),
                now.value(),
                outcome.code.as_deref().value(),
                outcome.message.as_deref().value(),
                outcome.result.as_ref().map(serde_json::Value::to_string).value(),
                json_or_null(*progress),
            ]
        });
        let may: Vec<_> =
            JobState::FINAL.iter().map(|state| format!("(ends_as = '{state}' AND {})", may_become(*state))).collect();
        Sql::new(
            "WITH these (of_job, of_generation, ends_as, ends_at, its_code, its_message, its_result, news) AS (VALUES ",
        )
        .push_rows(rows)
        .push(&format!(
            ") UPDATE jobs SET state = ends_as, ended_at = ends_at, lease_until = NULL, code = its_code,
                 message = its_message, result = its_result, progress = COALESCE(news, progress)
             FROM these WHERE id = of_job AND generation = of_generation AND ({}) RETURNING {COLUMNS}",
            may.join(" OR ")
        ))
        .all(&self.tx, "end jobs")
        .await
    }

    /// The rows as they go back to the queue.
    async fn write_requeues(&self, requeues: &[Requeue<'_>]) -> Result<Vec<Job>, CatalogError> {
        if requeues.is_empty() {
            return Ok(Vec::new());
        }
        let rows = requeues.iter().map(|Requeue { lease, retry, progress }| {
            [
                lease.job_id.value(),
                lease.generation.value(),
                retry.map(|(not_before, _)| not_before).value(),
                retry.and_then(|(_, outcome)| outcome.code.as_deref()).value(),
                retry.and_then(|(_, outcome)| outcome.message.as_deref()).value(),
                json_or_null(*progress),
                i32::from(retry.is_none()).value(),
            ]
        });
        Sql::new("WITH these (of_job, of_generation, not_until, its_code, its_message, news, given_back) AS (VALUES ")
            .push_rows(rows)
            .push(&format!(
                ") UPDATE jobs SET state = 'queued', lease_until = NULL, worker = NULL, started_at = NULL,
                     not_before = not_until, code = its_code, message = its_message,
                     progress = COALESCE(news, progress), attempt = attempt - given_back
                 FROM these WHERE id = of_job AND generation = of_generation AND {} RETURNING {COLUMNS}",
                may_become(JobState::Queued)
            ))
            .all(&self.tx, "put jobs back into the queue")
            .await
    }

    /// The jobs work no more: their places are free, and those who watch hear of it.
    async fn settle(&mut self, jobs: Vec<(Job, Timestamp)>) -> Result<(), CatalogError> {
        let mut counts = Counts::default();
        jobs.iter().for_each(|(job, _)| counts.leaves(job));
        self.count(counts).await?;
        let ended: Vec<JobId> = jobs.iter().filter(|(job, _)| job.state.is_final()).map(|(job, _)| job.id).collect();
        self.archive_jobs(&ended).await?;
        self.say_states(&jobs).await
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
        let (code, message) = (WORKER_LOST.code, WORKER_LOST.told([]).encode());
        let (canceled, failed) = (JobOutcome::canceled(), JobOutcome::failed(code, message.clone()));
        let again = JobOutcome::failed_for_now(code, message);
        let (mut ends, mut requeues) = (Vec::new(), Vec::new());
        for job in &lost {
            let (lease, progress) = (job.lease(), None);
            if job.cancel_requested {
                ends.push(End { lease, outcome: &canceled, progress, now });
            } else if job.attempt < job.max_attempts.max(ATTEMPTS_OVER_LOST_WORKERS) {
                let not_before = now.checked_add(wait(job.id, job.attempt)).unwrap_or(Timestamp::MAX);
                requeues.push(Requeue { lease, retry: Some((not_before, &again)), progress });
            } else {
                ends.push(End { lease, outcome: &failed, progress, now });
            }
        }
        let mut settled = self.write_ends(&ends).await?;
        settled.extend(self.write_requeues(&requeues).await?);
        let states: HashMap<JobId, JobState> = settled.iter().map(|job| (job.id, job.state)).collect();
        self.settle(settled.into_iter().map(|job| (job, now)).collect()).await?;
        let reaped = lost.into_iter().filter_map(|job| {
            let state = *states.get(&job.id)?;
            Some(Reaped { job_id: job.id, worker: job.worker, state })
        });
        Ok(reaped.collect())
    }

    async fn append_job_log(&mut self, lines: &[(JobId, &LogLine)]) -> Result<(), CatalogError> {
        for lines in lines.chunks(100) {
            let rows = lines
                .iter()
                .map(|(id, line)| [id.value(), line.at.value(), line.level.value(), line.text.as_str().value()]);
            Sql::new("INSERT INTO job_log (job_id, at, level, text) VALUES ")
                .push_rows(rows)
                .run(&self.tx, "write the jobs' logs")
                .await?;
        }
        Ok(())
    }
}
