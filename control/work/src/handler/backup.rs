//! `backup`: a run of a plan.

use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::{NewSnapshot, PlanRow, Problem, WriteTx};
use rempart_jobs::{BackupPayload, Job, JobOutcome};
use rempart_model::{PlanId, RepoId, RunCounters, RunId};
use rempart_repository::{Repository, StoredSnapshot};
use serde_json::json;

use super::{Desk, engine, payload, repository_of, target_gone, warned};
use crate::task::backup::{self as task, BackupTask, FileProblem};
use crate::trouble::{Result, Trouble, log, table};
use crate::{Work, queue};

/// The tag of all snapshots of a plan: by it retention knows its own, whatever becomes of the catalog.
#[must_use]
pub fn plan_tag(plan: PlanId) -> String {
    format!("rempart-plan-{plan}")
}

/// The tag of the one snapshot of a run. The moment keeps runs of two catalogs apart that share a repository.
#[must_use]
pub fn run_tag(run: RunId, queued_at: Timestamp) -> String {
    format!("rempart-run-{run}-{}", queued_at.as_millisecond())
}

impl Work {
    pub(super) async fn backup(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let gone = || Trouble::new(&table::JOB_TARGET_GONE).with("detail", "the plan was deleted");
        let plan = self.catalog.plan(job.plan_id.ok_or_else(gone)?).await.map_err(target_gone)?;
        let server = self.catalog.server(plan.server_id).await.map_err(target_gone)?;
        let repository = self.open_repository(repository_of(job)?).await?.canceled_by(&desk.gauge.cancel);
        let own_tag = match job.run_id {
            Some(run) => run_tag(run, job.queued_at),
            None => format!("rempart-job-{}-{}", job.id, job.queued_at.as_millisecond()),
        };
        // A worker before this one may have died between the commit and the record of it.
        if let Some(stored) = self.committed_before(&repository, &own_tag).await? {
            desk.info(&log::BACKUP_STOOD_BEFORE.told().with("snapshot", stored.id.short()));
            return self.record(job, &plan, &stored, None, desk).await;
        }
        let BackupPayload { options, .. } = payload(job)?;
        let work = BackupTask {
            sources: plan.spec.sources.clone(),
            compression: options.compression.unwrap_or(plan.spec.compression),
            host_name: server.host_name.clone().unwrap_or_else(|| server.name.clone()),
            tags: [vec![plan_tag(plan.id), own_tag], plan.spec.tags.clone()].concat(),
            parent_tag: plan_tag(plan.id),
            cache_scope: format!("plan {}", plan.id),
            read_everything: options.read_everything,
        };
        let begins = log::BACKUP_BEGINS.told().with("folders", work.sources.folders.join(", "));
        desk.info(&begins.with("location", repository.location()));
        let (gauge, myself) = (desk.gauge.clone(), Arc::clone(self));
        let (run_id, here) = (job.run_id, tokio::runtime::Handle::current());
        let keep = move |problems: &[FileProblem]| here.block_on(myself.keep_problems(run_id, problems));
        let done = if server.is_local {
            engine(move || task::run(&repository, &work, &gauge, &keep)).await?
        } else {
            self.backup_elsewhere((job, server.id), work, repository, Arc::new(keep), desk).await?
        };
        self.record(job, &plan, &done.snapshot, Some(done.problem_count), desk).await
    }

    async fn committed_before(&self, repository: &Repository, own_tag: &str) -> Result<Option<StoredSnapshot>> {
        let (repository, own_tag) = (repository.clone(), own_tag.to_owned());
        engine(move || task::find_by_tag(&repository, &own_tag)).await
    }

    /// Problems go into the catalog before the snapshot counts. Said again by another attempt, they take the place of those
    /// said before.
    async fn keep_problems(&self, run: Option<RunId>, problems: &[FileProblem]) -> Result<()> {
        let Some(run) = run else { return Ok(()) };
        let told = |problem: &FileProblem| Problem {
            path: problem.path.clone(),
            kind: problem.kind.to_string(),
            message: problem.message.clone(),
        };
        let rows: Vec<Problem> = problems.iter().map(told).collect();
        let mut tx = self.catalog.begin().await?;
        tx.replace_problems(run, &rows).await?;
        Ok(tx.commit().await?)
    }

    /// The snapshot stands: in one transaction the catalog learns of it, and what follows a backup is put into the queue.
    async fn record(
        &self,
        job: &Job,
        plan: &PlanRow,
        stored: &StoredSnapshot,
        problem_count: Option<u64>,
        desk: &Desk,
    ) -> Result<JobOutcome> {
        let problems = match (problem_count, job.run_id) {
            (Some(count), _) => count,
            (None, Some(run)) => self.catalog.count_problems(run).await?,
            (None, None) => 0,
        };
        let new = NewSnapshot {
            server_id: Some(plan.server_id),
            plan_id: Some(plan.id),
            run_id: job.run_id,
            is_incomplete: problems > 0,
            ..describe(repository_of(job)?, stored)
        };
        let now = Timestamp::now();
        let mut tx = self.catalog.begin().await?;
        let (row, is_new) = tx.record_snapshot(&new, now).await?;
        if let Some(run) = job.run_id {
            tx.set_run_snapshot(run, row).await?;
        }
        if is_new {
            for next in queue::after_backup(plan, new.repository_id, row) {
                tx.enqueue_job(&next, now).await?;
            }
            self.count_in(&mut tx, new.repository_id, stored, now).await?;
        }
        tx.commit().await?;
        desk.info(&log::BACKUP_STANDS.told().with("snapshot", stored.id.short()));
        let counters = counters(stored, problems);
        let result = json!({
            "snapshotId": row,
            "snapshotHash": stored.id.to_string(),
            "parentHash": stored.snapshot.parent.map(|parent| parent.to_string()),
            "counters": counters,
            "problemCount": problems,
        });
        desk.count(counters);
        if problems == 0 {
            return Ok(JobOutcome::succeeded().with_result(result));
        }
        Ok(warned(&Trouble::new(&table::BACKUP_INCOMPLETE).with("count", problems)).with_result(result))
    }
}

impl Work {
    /// The repository is larger now. What the run stored is added to what was measured; a repository that was empty so far is
    /// measured, together with its pool. The next analysis of the pool counts anew.
    async fn count_in(
        &self,
        tx: &mut WriteTx,
        repository: RepoId,
        stored: &StoredSnapshot,
        now: Timestamp,
    ) -> Result<()> {
        let row = self.catalog.repository(repository).await?;
        if row.stored_bytes == 0 {
            tx.enqueue_job(&queue::analysis(row.pool_id, None), now).await?;
            return Ok(());
        }
        let added = stored.snapshot.summary.as_ref().map_or(0, |summary| summary.data_added_packed);
        Ok(tx.set_stored_bytes(repository, row.stored_bytes.saturating_add(added), now).await?)
    }
}

/// What the snapshot's own file tells.
pub(super) fn describe(repository: RepoId, stored: &StoredSnapshot) -> NewSnapshot {
    let snapshot = &stored.snapshot;
    let summary = snapshot.summary.as_ref();
    NewSnapshot {
        repository_id: repository,
        hash: stored.id.to_string(),
        server_id: None,
        plan_id: None,
        run_id: None,
        taken_at: snapshot.time.instant,
        host_name: snapshot.hostname.clone(),
        paths: snapshot.paths.clone(),
        // What is there to find a snapshot again says nothing to people.
        tags: snapshot.tags.iter().filter(|tag| !tag.starts_with("rempart-")).cloned().collect(),
        program: snapshot.program_version.clone(),
        files: summary.map(|summary| summary.total_files_processed),
        size_bytes: summary.map(|summary| summary.total_bytes_processed),
        added_bytes: summary.map(|summary| summary.data_added_packed),
        is_incomplete: false,
    }
}

/// What the snapshot's own file counts, as the run keeps it: the same whether this attempt wrote it or one before.
fn counters(stored: &StoredSnapshot, problem_count: u64) -> RunCounters {
    let kept = stored.snapshot.summary.clone().unwrap_or_default();
    RunCounters {
        files_total: kept.total_files_processed,
        files_done: kept.total_files_processed,
        files_new: kept.files_new,
        files_changed: kept.files_changed,
        files_unmodified: kept.files_unmodified,
        dirs_new: kept.dirs_new,
        dirs_changed: kept.dirs_changed,
        dirs_unmodified: kept.dirs_unmodified,
        bytes_total: kept.total_bytes_processed,
        bytes_done: kept.total_bytes_processed,
        added_bytes: kept.data_added,
        stored_bytes: kept.data_added_packed,
        problem_count,
    }
}
