//! What this room puts into the queue: what follows a backup, and what people ask for.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::PlanRow;
use rempart_jobs::NewJob;
use rempart_model::{JobId, JobKind, PoolId, RepoId, SnapshotRowId, UserId};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::browse::path_bytes;
use crate::handler::{CheckPayload, RestorePayload, SnapshotDeletePayload};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, as_json};

/// How often pools are measured.
const MEASURED_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How often it is looked whether one is due: well below the quarter of an hour, so that a restart does not shift it.
const LOOK: Duration = Duration::from_secs(30);

/// Retention first, then the look at what was stored.
pub(crate) fn after_backup(plan: &PlanRow, repository: RepoId, snapshot: SnapshotRowId) -> Vec<NewJob> {
    let mut jobs = Vec::new();
    if plan.spec.retention.is_some() {
        jobs.push(NewJob {
            repository_id: Some(repository),
            server_id: Some(plan.server_id),
            plan_id: Some(plan.id),
            max_attempts: 3,
            unique_key: Some(format!("forget plan {}", plan.id)),
            ..NewJob::new(JobKind::Forget)
        });
    }
    if plan.spec.verify_after_run {
        jobs.push(NewJob {
            repository_id: Some(repository),
            server_id: Some(plan.server_id),
            plan_id: Some(plan.id),
            payload: json!({ "snapshotId": snapshot }),
            max_attempts: 3,
            unique_key: Some(format!("verify snapshot {snapshot}")),
            ..NewJob::new(JobKind::Verify)
        });
    }
    jobs
}

/// Once in the queue, however many ask for it.
pub(crate) fn analysis(pool: PoolId, by: Option<UserId>) -> NewJob {
    NewJob {
        pool_id: Some(pool),
        requested_by: by,
        unique_key: Some(format!("analyse pool {pool}")),
        ..NewJob::new(JobKind::PoolAnalysis)
    }
}

impl Work {
    async fn enqueue(&self, job: NewJob) -> Result<JobId> {
        let mut tx = self.catalog.begin().await?;
        let id = tx.enqueue_job(&job, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn enqueue_pool_analysis(&self, pool: PoolId, by: Option<UserId>) -> Result<JobId> {
        self.enqueue(analysis(pool, by)).await
    }

    pub async fn enqueue_refresh(&self, repository: RepoId, by: Option<UserId>) -> Result<JobId> {
        self.enqueue(NewJob {
            repository_id: Some(repository),
            requested_by: by,
            max_attempts: 3,
            unique_key: Some(format!("refresh repository {repository}")),
            ..NewJob::new(JobKind::RepositoryRefresh)
        })
        .await
    }

    pub async fn enqueue_check(&self, repository: RepoId, read_data: bool, by: Option<UserId>) -> Result<JobId> {
        self.enqueue(NewJob {
            repository_id: Some(repository),
            requested_by: by,
            payload: as_json(&CheckPayload { read_data })?,
            unique_key: Some(format!("check repository {repository} {read_data}")),
            ..NewJob::new(JobKind::Check)
        })
        .await
    }

    pub async fn enqueue_prune(&self, repository: RepoId, by: Option<UserId>) -> Result<JobId> {
        self.enqueue(NewJob {
            repository_id: Some(repository),
            requested_by: by,
            unique_key: Some(format!("prune repository {repository}")),
            ..NewJob::new(JobKind::Prune)
        })
        .await
    }

    pub async fn enqueue_snapshot_delete(&self, snapshot: SnapshotRowId, by: Option<UserId>) -> Result<JobId> {
        let row = self.catalog.snapshot(snapshot).await?;
        self.enqueue(NewJob {
            repository_id: Some(row.repository_id),
            server_id: row.server_id,
            requested_by: by,
            payload: as_json(&SnapshotDeletePayload { snapshot_ids: vec![snapshot] })?,
            max_attempts: 3,
            unique_key: Some(format!("delete snapshot {snapshot}")),
            ..NewJob::new(JobKind::SnapshotDelete)
        })
        .await
    }

    /// What cannot work is refused at once, before anybody waits for it.
    pub async fn enqueue_restore(&self, asked: RestorePayload, by: Option<UserId>) -> Result<JobId> {
        let row = self.catalog.snapshot(asked.snapshot_id).await?;
        if let Some(server) = asked.server_id {
            self.catalog.server(server).await?;
        }
        if let Some(target) = asked.task.target.as_deref().filter(|target| !target.starts_with('/')) {
            let detail = format!("{target} does not begin with /");
            return Err(Trouble::new(&table::RESTORE_TARGET).with("detail", detail).field("target"));
        }
        // Where everything is restored to the root, "what the snapshot does not hold" is the rest of the system.
        let is_root = |target: &String| path_bytes(target).iter().all(|byte| matches!(byte, b'/' | b'.'));
        if asked.task.delete && asked.task.target.as_ref().is_none_or(is_root) && asked.task.paths.is_empty() {
            return Err(Trouble::new(&table::RESTORE_DELETE_IN_ROOT).field("delete"));
        }
        self.enqueue(NewJob {
            priority: 5,
            repository_id: Some(row.repository_id),
            server_id: asked.server_id.or(row.server_id),
            requested_by: by,
            payload: as_json(&asked)?,
            ..NewJob::new(JobKind::Restore)
        })
        .await
    }

    /// Pools that nobody has measured for a quarter of an hour are put into the queue. Two servers on one catalog do it
    /// once: a pool's job stands there once.
    pub async fn enqueue_due_analyses(&self, now: Timestamp) -> Result<u64> {
        let mut added = 0;
        for pool in self.catalog.all_pools().await? {
            let is_due = pool.analysed_at.is_none_or(|at| now.duration_since(at) >= MEASURED_EVERY);
            if is_due && !self.analysis_is_recent(pool.id, now) {
                self.enqueue_pool_analysis(pool.id, None).await?;
                added += 1;
            }
        }
        Ok(added)
    }

    /// One that failed leaves no measurement; it is not tried every half minute for that.
    fn analysis_is_recent(&self, pool: PoolId, now: Timestamp) -> bool {
        let mut asked = self.asked_analyses.lock();
        if asked.get(&pool).is_some_and(|at| now.duration_since(*at) < MEASURED_EVERY) {
            return true;
        }
        asked.insert(pool, now);
        false
    }

    /// Runs until `stop`.
    pub async fn keep_pools_measured(self: Arc<Self>, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {
                    if let Err(trouble) = self.enqueue_due_analyses(Timestamp::now()).await {
                        tracing::warn!(%trouble, "pools are not measured");
                    }
                }
            }
        }
    }
}
