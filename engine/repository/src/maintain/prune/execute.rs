//! Carrying a prune plan out, in the order that survives a crash after any step.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashSet;
use rempart_model::{IndexId, PackId};

use super::PruneStats;
use super::plan::PrunePlan;
use super::repack::Repacking;
use crate::maintain::MaintenanceObserver;
use crate::maintain::removal::{remove_packs, rewrite_indexes};
use crate::{LockGuard, LockMode, PendingLock, Repository, RepositoryError, Result, WriterOptions};

/// A file left unfinished by a process that died is rubbish after so long.
const LEFTOVERS_AFTER: Duration = Duration::from_secs(24 * 3600);

impl PrunePlan {
    /// Begins to copy what is to be repacked while an exclusive lock settles, so that the time is not lost. Nobody sees
    /// anything of it before [`Repository::prune`]; dropped before, the plan takes it away.
    pub fn begin(&mut self, pending: &PendingLock, repository: &Repository, options: WriterOptions) -> Result<()> {
        pending.ensure_for(repository, "prune")?;
        if pending.mode() != LockMode::Exclusive {
            return Err(RepositoryError::NotExclusive { operation: "prune" });
        }
        if !self.repack.is_empty() && self.begun.is_none() {
            let mut repacking = Repacking::new(repository, Arc::clone(&self.repack), self.time_limit, options)?;
            repacking.begin_ahead()?;
            self.begun = Some(repacking);
        }
        Ok(())
    }
}

impl Repository {
    /// Carries a plan out. Refused where the repository is not as the plan saw it, and where a snapshot that the plan takes
    /// for forgotten is still there.
    ///
    /// Canceled, it stops before the next step that removes something; what was copied is then stored twice until the
    /// next prune.
    pub fn prune(
        &self,
        exclusive: &Arc<LockGuard>,
        mut plan: PrunePlan,
        options: WriterOptions,
        observer: &dyn MaintenanceObserver,
    ) -> Result<PruneStats> {
        exclusive.ensure_exclusive("prune")?;
        if !plan.is_current(self)? {
            let reason = "the repository changed after it was made, so run prune again".to_owned();
            return Err(RepositoryError::PlanOutdated { reason });
        }
        if let Some(snapshot) = plan.still_there(self)? {
            let reason = format!("snapshot {snapshot} was to be removed first, and is still there");
            return Err(RepositoryError::PlanOutdated { reason });
        }
        let mut stats = plan.stats;
        let mut gone: HashSet<PackId> = plan.remove.iter().copied().collect();
        if !plan.repack.is_empty() {
            let repacking = match plan.begun.take() {
                Some(begun) => begun,
                None => Repacking::new(self, Arc::clone(&plan.repack), plan.time_limit, options)?,
            };
            let repacked = repacking.finish(observer)?;
            for left in plan.repack.iter().filter(|repack| !repacked.contains(&repack.pack)) {
                stats.packs_repacked -= 1;
                stats.packs_kept += 1;
                stats.bytes_repacked -= left.keep_bytes();
                stats.bytes_freed -= left.freed_bytes;
                stats.bytes_unused_after += left.freed_bytes;
            }
            gone.extend(repacked);
        }
        let stale: Vec<IndexId> = plan.stale_indexes.into_iter().collect();
        rewrite_indexes(self, exclusive, &stale, &gone, observer)?;

        let packs: Vec<PackId> = gone.into_iter().chain(plan.orphans).collect();
        remove_packs(self, exclusive, &packs, observer)?;
        self.store().remove_leftovers(LEFTOVERS_AFTER)?;
        Ok(stats)
    }
}
