//! `pool_analysis`: how full a pool is, and how it grows.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::PoolSample;
use rempart_jobs::{Job, JobOutcome};
use rempart_model::{PoolState, RepoId, RepositoryState};
use serde_json::json;

use super::{Desk, engine, target_gone};
use crate::Work;
use crate::pool::{self, Patience};
use crate::trouble::{Result, Trouble, table};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Work {
    pub(super) async fn analyse_pool(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let missing = || Trouble::new(&table::JOB_PAYLOAD).with("detail", "it names no pool");
        let row = self.catalog.pool(job.pool_id.ok_or_else(missing)?).await.map_err(target_gone)?;
        desk.gauge.step("analysing");
        let outcome = self.look_at_pool(&row, desk).await;
        let now = Timestamp::now();
        let mut tx = self.catalog.begin().await?;
        let sample = match &outcome {
            Err(trouble) if trouble.is_canceled() => return Err(outcome.expect_err("it is one")),
            Err(trouble) => {
                let state = match trouble.code() {
                    code if code == table::STORAGE_READ_ONLY.code => PoolState::ReadOnly,
                    _ => PoolState::Unreachable,
                };
                tx.set_pool_state(row.id, state, Some(&trouble.told().encode()), now).await?;
                tx.commit().await?;
                return Err(outcome.expect_err("it is one"));
            }
            Ok(sample) => *sample,
        };
        tx.record_pool_sample(row.id, &sample).await?;
        if row.state != PoolState::Reachable || row.state_message.is_some() {
            tx.set_pool_state(row.id, PoolState::Reachable, None, now).await?;
        }
        // A quarter of an hour for two days, an hour for a month, a day for ever.
        let before = |hours: i64| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
        tx.thin_pool_samples(before(48), HOUR_MS).await?;
        tx.thin_pool_samples(before(31 * 24), DAY_MS).await?;
        tx.commit().await?;
        Ok(JobOutcome::succeeded().with_result(json!({
            "usedBytes": sample.used_bytes,
            "capacityBytes": sample.capacity_bytes,
            "freeBytes": sample.free_bytes,
        })))
    }

    async fn look_at_pool(self: &Arc<Self>, row: &rempart_catalog::PoolRow, desk: &Desk) -> Result<PoolSample> {
        let place = self.pool_place(row)?;
        let options = place.options(&self.pool_secrets(row)?, Patience::Person);
        let location = place.location("")?;
        let cancel = desk.gauge.cancel.clone();
        let measured = engine(move || {
            let store = rempart_storage::open(&location, &options)?;
            let store = store.canceled_by(&cancel).unwrap_or(store);
            pool::measure(&*store)
        })
        .await?;
        let mut used_bytes = 0;
        for repository in self.catalog.repositories_of_pool(row.id).await? {
            if repository.state == RepositoryState::Ready {
                used_bytes += self.measure_repository(repository.id, desk).await?;
            }
        }
        Ok(PoolSample {
            at: Timestamp::now(),
            used_bytes,
            capacity_bytes: measured.capacity_bytes,
            free_bytes: measured.free_bytes,
        })
    }

    /// What one repository holds, counted anew and noted.
    pub(super) async fn measure_repository(self: &Arc<Self>, id: RepoId, desk: &Desk) -> Result<u64> {
        let store = self.repository_store(id).await?;
        let cancel = desk.gauge.cancel.clone();
        let bytes = engine(move || pool::stored_bytes(&store, &cancel)).await?;
        let mut tx = self.catalog.begin().await?;
        tx.set_stored_bytes(id, bytes, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(bytes)
    }
}
