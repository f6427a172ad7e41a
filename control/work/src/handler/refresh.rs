//! `repository_refresh`: the catalog learns what a repository holds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::NewSnapshot;
use rempart_jobs::{Job, JobOutcome};
use rempart_model::{PlanId, RepoId, ServerId};
use rempart_repository::StoredSnapshot;
use serde::Serialize;

use super::backup::describe;
use super::{Desk, engine, repository_of};
use crate::trouble::{Result, chain, log};
use crate::{Work, as_json};

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    pub snapshots: u64,
    /// In the repository and not in the catalog until now.
    pub adopted: u64,
    /// In the catalog and not in the repository, though nobody here removed them.
    pub vanished: u64,
    /// Files that cannot be read.
    pub damaged: u64,
}

/// As many are recorded in one transaction.
const BATCH: usize = 500;

impl Work {
    pub(super) async fn refresh(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let refreshed = self.refresh_repository(repository_of(job)?, desk).await?;
        let found = log::REFRESHED.told().with("count", refreshed.snapshots).with("adopted", refreshed.adopted);
        desk.info(&found.with("vanished", refreshed.vanished).with("damaged", refreshed.damaged));
        Ok(JobOutcome::succeeded().with_result(as_json(&refreshed)?))
    }

    /// Adopts snapshots that the catalog does not know, and marks those that are gone or damaged. Also what makes the
    /// catalog's snapshots anew from nothing.
    pub async fn refresh_repository(self: &Arc<Self>, id: RepoId, desk: &Desk) -> Result<Refreshed> {
        let repository = self.open_repository(id).await?.canceled_by(&desk.gauge.cancel);
        desk.gauge.step("reading snapshots");
        let (stored, broken) = engine(move || Ok(repository.snapshots_lenient()?)).await?;
        // After the look: what is recorded meanwhile was either seen, or is younger than the look.
        let known = self.catalog.known_snapshots(id).await?;
        let by_hash: HashMap<&str, _> = known.iter().map(|known| (known.hash.as_str(), known)).collect();
        let owners = self.owners().await?;
        let mut refreshed = Refreshed { snapshots: stored.len() as u64, ..Refreshed::default() };
        let unknown: Vec<NewSnapshot> = stored
            .iter()
            .filter(|stored| !by_hash.contains_key(stored.id.to_string().as_str()))
            .map(|stored| owners.adopt(id, stored))
            .collect();
        for batch in unknown.chunks(BATCH) {
            let mut tx = self.catalog.begin().await?;
            for new in batch {
                let (_, is_new) = tx.record_snapshot(new, Timestamp::now()).await?;
                refreshed.adopted += u64::from(is_new);
            }
            tx.commit().await?;
        }
        let there: HashSet<String> = stored.iter().map(|stored| stored.id.to_string()).collect();
        let unreadable: HashSet<String> = broken.iter().map(|(id, _)| id.to_string()).collect();
        refreshed.damaged = unreadable.len() as u64;
        let now = Timestamp::now();
        let mut tx = self.catalog.begin().await?;
        for known in &known {
            let is_damaged = known.is_damaged || unreadable.contains(&known.hash);
            let has_vanished = !there.contains(&known.hash) && !unreadable.contains(&known.hash);
            refreshed.vanished += u64::from(has_vanished);
            if (is_damaged, has_vanished) != (known.is_damaged, known.has_vanished) {
                tx.set_snapshot_health(known.id, is_damaged, has_vanished.then_some(now), now).await?;
            }
        }
        tx.count_snapshots(id).await?;
        tx.commit().await?;
        for (id, error) in &broken {
            desk.warn(&log::SNAPSHOT_UNREADABLE.told().with("snapshot", id.short()).with("detail", chain(error)));
        }
        Ok(refreshed)
    }

    async fn owners(&self) -> Result<Owners> {
        let by_host = self.catalog.servers_by_host().await?;
        Ok(Owners { by_host, plans: self.catalog.plan_ids().await?.into_iter().collect() })
    }
}

/// Whose a snapshot is, by what its file says.
struct Owners {
    by_host: HashMap<String, ServerId>,
    plans: HashSet<PlanId>,
}

impl Owners {
    fn adopt(&self, repository: RepoId, stored: &StoredSnapshot) -> NewSnapshot {
        let tagged = stored.snapshot.tags.iter().find_map(|tag| tag.strip_prefix("rempart-plan-")?.parse().ok());
        NewSnapshot {
            server_id: self.by_host.get(&stored.snapshot.hostname).copied(),
            plan_id: tagged.filter(|plan| self.plans.contains(plan)),
            ..describe(repository, stored)
        }
    }
}
