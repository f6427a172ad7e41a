//! Runs follow their jobs: how they stand and how far they are.

use std::collections::HashSet;

use jiff::Timestamp;
use rempart_jobs::Job;
use rempart_model::{JobProgress, RunId, RunState};
use serde_json::json;

use crate::sql::{Bind, Json, Sql};
use crate::{CatalogError, Topic, WriteTx};

impl WriteTx {
    /// The runs go where their jobs went.
    pub(crate) async fn follow_jobs(&mut self, jobs: &[(Job, Timestamp)]) -> Result<(), CatalogError> {
        let mut of_runs: Vec<_> = jobs.iter().filter_map(|(job, now)| Some((job.run_id?, job, *now))).collect();
        // One statement writes a row once: where two jobs are of one run, the second follows in another.
        while !of_runs.is_empty() {
            let mut seen = HashSet::new();
            let (these, others) = of_runs.into_iter().partition(|(run, _, _)| seen.insert(*run));
            self.follow_once(these).await?;
            of_runs = others;
        }
        Ok(())
    }

    async fn follow_once(&mut self, jobs: Vec<(RunId, &Job, Timestamp)>) -> Result<(), CatalogError> {
        let rows = jobs.iter().map(|(run, job, now)| {
            let rate = job.progress.as_ref().map(|progress| {
                let seconds =
                    job.started_at.map_or(0.0, |began| (now.as_millisecond() - began.as_millisecond()) as f64 / 1e3);
                if seconds > 0.0 { (progress.counters.bytes_done as f64 / seconds) as u64 } else { 0 }
            });
            let counters = job.progress.as_ref().map(|p| serde_json::to_string(&p.counters).expect("plain JSON"));
            [
                run.value(),
                RunState::from(job.state).value(),
                (job.attempt as i32).value(),
                job.started_at.value(),
                job.ended_at.value(),
                job.code.as_deref().value(),
                job.message.as_deref().value(),
                counters.value(),
                rate.value(),
            ]
        });
        // A run that has ended stays as it ended, whatever a late writer says.
        let changed: Vec<RunId> = Sql::new(
            "WITH these (of_run, stands, attempts, began, ends_at, its_code, its_message, its_counters, its_rate)
             AS (VALUES ",
        )
        .push_rows(rows)
        .push(
            ") UPDATE runs SET state = stands, attempt = attempts, started_at = COALESCE(started_at, began),
                 ended_at = ends_at, code = its_code, message = its_message,
                 counters = COALESCE(its_counters, counters),
                 rate_bytes_per_second = COALESCE(its_rate, rate_bytes_per_second)
             FROM these WHERE id = of_run AND state IN ('queued', 'running') RETURNING id",
        )
        .all(&self.tx, "write how runs stand")
        .await?;
        for (run, job, now) in jobs {
            if changed.contains(&run) {
                let data = json!({
                    "state": RunState::from(job.state), "planId": job.plan_id, "jobId": job.id, "code": job.code,
                    "message": job.message,
                });
                self.append_event(Topic::Runs, "state", run, &data, now).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn write_run_progress(&mut self, runs: &[(RunId, &JobProgress)]) -> Result<(), CatalogError> {
        if runs.is_empty() {
            return Ok(());
        }
        let rows = runs.iter().map(|(run, progress)| {
            [run.value(), Json(&progress.counters).value(), progress.rate_bytes_per_second.value()]
        });
        Sql::new("WITH these (of_run, its_counters, its_rate) AS (VALUES ")
            .push_rows(rows)
            .push(
                ") UPDATE runs SET counters = its_counters, rate_bytes_per_second = its_rate
                 FROM these WHERE id = of_run AND state = 'running'",
            )
            .run(&self.tx, "write the runs' progress")
            .await
            .map(|_| ())
    }
}
