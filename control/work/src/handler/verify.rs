//! `verify`: a recovery point's data is read back.

use std::sync::Arc;

use jiff::Timestamp;
use rempart_jobs::{Job, JobOutcome};
use rempart_model::SnapshotRowId;
use serde::{Deserialize, Serialize};

use super::{Desk, engine, failed, payload, target_gone};
use crate::task::verify::{self as task, snapshot_hash};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, as_json};

/// Which recovery point.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyPayload {
    pub snapshot_id: SnapshotRowId,
}

impl Work {
    pub(super) async fn verify(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let VerifyPayload { snapshot_id } = payload(job)?;
        let row = self.catalog.snapshot(snapshot_id).await.map_err(target_gone)?;
        let repository = self.open_repository(row.repository_id).await?.canceled_by(&desk.gauge.cancel);
        let id = snapshot_hash(&row.hash)?;
        let gauge = desk.gauge.clone();
        let verified = engine(move || {
            let stored = repository.snapshot(id)?;
            let bytes = stored.snapshot.summary.as_ref().map(|summary| summary.total_bytes_processed);
            task::verify(&repository, stored.snapshot.tree, bytes, &gauge)
        })
        .await?;
        let now = Timestamp::now();
        let result = as_json(&verified)?;
        let mut tx = self.catalog.begin().await?;
        if verified.damaged == 0 {
            tx.set_snapshot_verified(row.id, now).await?;
            tx.commit().await?;
            return Ok(JobOutcome::succeeded().with_result(result));
        }
        tx.set_snapshot_health(row.id, true, row.vanished_at, now).await?;
        tx.commit().await?;
        let first = verified.damages.first().cloned().unwrap_or_default();
        let trouble = Trouble::new(&table::VERIFY_DAMAGED).with("count", verified.damaged).with("detail", first);
        Ok(failed(&trouble).with_result(result))
    }
}
