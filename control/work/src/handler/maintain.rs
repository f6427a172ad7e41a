//! `check`, `forget`, `prune` and `snapshot_delete`: each has its repository alone.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rempart_catalog::CheckOutcome;
use rempart_jobs::{Job, JobOutcome};
use rempart_model::{LogLevel, RepoId, RetentionSpec, SnapshotId, SnapshotRowId};
use rempart_policy::{Decision, Facts, RetentionPolicy, retain, retention_of};
use rempart_repository::StoredSnapshot;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::backup::plan_tag;
use super::{Desk, engine, failed, payload, repository_of, target_gone};
use crate::Work;
use crate::task::verify::snapshot_hash;
use crate::task::{check as task, lock};
use crate::trouble::{Result, Trouble, log, table};

/// How much a check looks at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckPayload {
    pub read_data: bool,
}

/// Which snapshots go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotDeletePayload {
    pub snapshot_ids: Vec<SnapshotRowId>,
}

impl Work {
    pub(super) async fn check(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let CheckPayload { read_data } = if job.payload.is_null() { CheckPayload::default() } else { payload(job)? };
        let id = repository_of(job)?;
        let repository = self.open_repository(id).await?.canceled_by(&desk.gauge.cancel);
        let begun = Timestamp::now();
        let gauge = desk.gauge.clone();
        let report = engine(move || task::check(&repository, read_data, &gauge)).await?;
        if report.canceled {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        let (damages, first) = task::damages(&report);
        let result = json!({
            "readData": read_data,
            "snapshots": report.snapshots,
            "packs": report.packs,
            "packsRead": report.packs_read,
            "bytesRead": report.bytes_read,
            "damages": damages,
            "findings": task::findings(&report),
        });
        let trouble = first.map(|first| {
            Trouble::new(&table::CHECK_DAMAGED).with("count", damages).with("detail", first.trim_end_matches('.'))
        });
        let outcome = CheckOutcome {
            at: Timestamp::now(),
            is_sound: trouble.is_none(),
            message: trouble.as_ref().map(|t| t.told().encode()),
        };
        let mut tx = self.catalog.begin().await?;
        tx.record_check(id, &outcome).await?;
        if trouble.is_none() && read_data {
            // Of what was there when it began.
            tx.set_all_snapshots_verified(id, begun).await?;
        }
        tx.commit().await?;
        Ok(match trouble {
            None => JobOutcome::succeeded().with_result(result),
            Some(trouble) => failed(&trouble).with_result(result),
        })
    }

    pub(super) async fn prune(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let id = repository_of(job)?;
        let repository = self.open_repository(id).await?.canceled_by(&desk.gauge.cancel);
        let (gauge, say) = (desk.gauge.clone(), desk.log.clone());
        let stats = engine(move || {
            task::prune(&repository, &gauge, &|plan| {
                let told = log::PRUNE_PLAN.told().with("kept", plan.packs_kept).with("repacked", plan.packs_repacked);
                let told = told.with("removed", plan.packs_removed + plan.packs_orphaned);
                say(LogLevel::Info, &told.with("freed", plan.bytes_freed).encode_line());
            })
        })
        .await?;
        self.measure_repository(id, desk).await?;
        Ok(JobOutcome::succeeded().with_result(json!({
            "blobsUsed": stats.blobs_used,
            "blobsUnused": stats.blobs_unused,
            "bytesUsed": stats.bytes_used,
            "bytesUnused": stats.bytes_unused,
            "bytesDuplicate": stats.bytes_duplicate,
            "packsKept": stats.packs_kept,
            "packsRepacked": stats.packs_repacked,
            "packsRemoved": stats.packs_removed + stats.packs_orphaned,
            "bytesRepacked": stats.bytes_repacked,
            "bytesFreed": stats.bytes_freed,
            "bytesUnusedAfter": stats.bytes_unused_after,
        })))
    }

    /// Retention of one plan: the repository's own snapshots decide, found by the plan's tag.
    pub(super) async fn forget(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let gone = || Trouble::new(&table::JOB_TARGET_GONE).with("detail", "the plan was deleted");
        let plan = self.catalog.plan(job.plan_id.ok_or_else(gone)?).await.map_err(target_gone)?;
        let Some(policy) = plan.spec.retention.as_ref().map(policy).transpose()?.flatten() else {
            return Ok(
                JobOutcome::succeeded().with_result(json!({ "kept": [], "removed": [], "keepsEverything": true }))
            );
        };
        let id = repository_of(job)?;
        let repository = self.open_repository(id).await?.canceled_by(&desk.gauge.cancel);
        let zone = plan.spec.schedule.as_ref().and_then(|schedule| TimeZone::get(&schedule.time_zone).ok());
        let zone = zone.unwrap_or_else(TimeZone::system);
        let (tag, gauge) = (plan_tag(plan.id), desk.gauge.clone());
        gauge.step("deleting");
        let (decisions, gone) = engine(move || {
            let held = lock::exclusive(&repository, &gauge.cancel)?;
            let (snapshots, _) = repository.snapshots_lenient()?;
            let facts: Vec<Facts> =
                snapshots.iter().filter(|stored| stored.snapshot.tags.contains(&tag)).map(facts).collect();
            let decisions = retain(&policy, &facts, &zone);
            let decisions = decisions.map_err(|error| Trouble::new(&table::FORGET_KEEPS_NOTHING).because(error))?;
            let gone: Vec<SnapshotId> =
                decisions.iter().filter(|decision| !decision.is_kept()).map(|decision| decision.id).collect();
            repository.remove_snapshots(&held, &gone)?;
            held.release()?;
            Ok((decisions, gone))
        })
        .await?;
        self.forget_rows(id, &gone).await?;
        desk.info(&log::FORGOT.told().with("kept", decisions.len() - gone.len()).with("removed", gone.len()));
        let kept: Vec<_> = decisions.iter().filter(|decision| decision.is_kept()).map(told).collect();
        let removed: Vec<String> = gone.iter().map(ToString::to_string).collect();
        Ok(JobOutcome::succeeded().with_result(json!({ "kept": kept, "removed": removed, "keepsEverything": false })))
    }

    pub(super) async fn delete_snapshots(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let SnapshotDeletePayload { snapshot_ids } = payload(job)?;
        let id = repository_of(job)?;
        let mut gone = Vec::new();
        for snapshot in snapshot_ids {
            // Gone already: an attempt before this one came so far.
            if let Ok(row) = self.catalog.snapshot(snapshot).await
                && row.repository_id == id
            {
                gone.push(snapshot_hash(&row.hash)?);
            }
        }
        let repository = self.open_repository(id).await?.canceled_by(&desk.gauge.cancel);
        let (ids, gauge) = (gone.clone(), desk.gauge.clone());
        gauge.step("deleting");
        engine(move || {
            let held = lock::exclusive(&repository, &gauge.cancel)?;
            repository.remove_snapshots(&held, &ids)?;
            Ok(held.release()?)
        })
        .await?;
        self.forget_rows(id, &gone).await?;
        let removed: Vec<String> = gone.iter().map(ToString::to_string).collect();
        Ok(JobOutcome::succeeded().with_result(json!({ "removed": removed })))
    }

    async fn forget_rows(&self, id: RepoId, gone: &[SnapshotId]) -> Result<()> {
        let hashes: Vec<String> = gone.iter().map(ToString::to_string).collect();
        let mut tx = self.catalog.begin().await?;
        tx.remove_snapshots(id, &hashes, Timestamp::now()).await?;
        Ok(tx.commit().await?)
    }
}

/// The rules of a plan; `None` where there is none, and everything is kept.
fn policy(spec: &RetentionSpec) -> Result<Option<RetentionPolicy>> {
    retention_of(spec).map_err(|error| {
        let text = spec.within.clone().unwrap_or_default();
        Trouble::new(&table::FORGET_BAD_SPAN).with("text", text).because(error).field("retention.within")
    })
}

fn facts(stored: &StoredSnapshot) -> Facts {
    Facts {
        id: stored.id,
        time: stored.snapshot.time.instant,
        host: stored.snapshot.hostname.clone(),
        paths: stored.snapshot.paths.clone(),
        tags: stored.snapshot.tags.clone(),
    }
}

fn told(decision: &Decision) -> serde_json::Value {
    let reasons: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
    json!({ "snapshot": decision.id.to_string(), "reasons": reasons })
}
