//! Carrying a prune plan out, in the order that survives a crash after any step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::HashSet;
use parking_lot::Mutex;
use rempart_format::PackEntry;
use rempart_model::{IndexId, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use super::PruneStats;
use super::plan::{PrunePlan, Repack};
use crate::maintain::removal::{remove_packs, rewrite_indexes, stop_if_canceled};
use crate::maintain::threads::for_each_parallel;
use crate::maintain::{MaintenanceObserver, Step};
use crate::{LockGuard, Repository, RepositoryError, Result, SealedBlob, Writer, WriterLock, WriterOptions};

/// A file left unfinished by a process that died is rubbish after so long.
const LEFTOVERS_AFTER: Duration = Duration::from_secs(24 * 3600);
/// A gap between two blobs that is read along rather than paying for another request.
const MERGED_GAP_BYTES: u64 = 256 << 10;
/// What is read at once, if a single blob is not longer.
const RUN_BYTES: u64 = 4 << 20;

impl Repository {
    /// Carries a plan out. Refused where the repository is not as the plan saw it, and where a snapshot that the plan takes
    /// for forgotten is still there.
    ///
    /// Canceled, it stops before the next step that removes something; what was copied is then stored twice until the
    /// next prune.
    pub fn prune(
        &self,
        exclusive: &Arc<LockGuard>,
        plan: PrunePlan,
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
            let writer = self.writer(WriterLock::Held(exclusive.clone()), options)?;
            let repacked = repack(self, &writer, &plan, observer)?;
            writer.finish()?;
            for left in plan.repack.iter().filter(|repack| !repacked.contains(&repack.pack)) {
                stats.packs_repacked -= 1;
                stats.packs_kept += 1;
                stats.bytes_repacked -= left.keep.iter().map(|entry| u64::from(entry.sealed_bytes)).sum::<u64>();
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

/// Copies the blobs that stay out of the packs that go. Sealed bytes move as they are; their MAC is checked on the way,
/// so that damage is not spread into new packs.
/// Returns the packs that were copied out of whole: all, unless the time limit came first.
fn repack(
    repository: &Repository,
    writer: &Writer,
    plan: &PrunePlan,
    observer: &dyn MaintenanceObserver,
) -> Result<HashSet<PackId>> {
    let (started, packs) = (Instant::now(), &plan.repack);
    let total = packs.iter().flat_map(|pack| &pack.keep).map(|entry| u64::from(entry.sealed_bytes)).sum();
    observer.begin(Step::RepackBlobs, Some(total));
    let (failure, done) = (Mutex::new(None), Mutex::new(HashSet::new()));
    for_each_parallel(packs, |pack| {
        if plan.time_limit.is_some_and(|limit| started.elapsed() >= limit) {
            return false;
        }
        let result = copy_out(repository, writer, pack, observer).and_then(|()| stop_if_canceled(observer));
        match result {
            Ok(()) => {
                done.lock().insert(pack.pack);
                true
            }
            Err(error) => {
                failure.lock().get_or_insert(error);
                false
            }
        }
    });
    failure.into_inner().map_or(Ok(done.into_inner()), Err)
}

fn copy_out(
    repository: &Repository,
    writer: &Writer,
    repack: &Repack,
    observer: &dyn MaintenanceObserver,
) -> Result<()> {
    let mut buffer = Vec::new();
    let name = ObjectName::Named(ObjectKind::Pack, repack.pack.0);
    let mut rest = &repack.keep[..];
    while let Some(first) = rest.first() {
        let (run, behind) = rest.split_at(run_len(rest));
        rest = behind;
        let start = u64::from(first.offset_bytes);
        let end = run.last().map_or(start, end_of);
        buffer.resize((end - start) as usize, 0);
        repository.store().read_range_into(name, start, &mut buffer)?;
        for entry in run {
            let at = (u64::from(entry.offset_bytes) - start) as usize;
            let sealed = &buffer[at..at + entry.sealed_bytes as usize];
            repository.master_key().verify(sealed).map_err(|error| RepositoryError::BlobDamaged {
                id: entry.id,
                pack: repack.pack,
                reason: error.to_string(),
            })?;
            let blob = SealedBlob { id: entry.id, sealed, uncompressed_bytes: entry.uncompressed_bytes };
            writer.put_sealed(entry.kind, &[blob])?;
            observer.advance(Step::RepackBlobs, u64::from(entry.sealed_bytes));
        }
    }
    Ok(())
}

fn end_of(entry: &PackEntry) -> u64 {
    u64::from(entry.offset_bytes) + u64::from(entry.sealed_bytes)
}

/// How many of the entries, sorted by offset, are read at once.
fn run_len(entries: &[PackEntry]) -> usize {
    let limit = u64::from(entries[0].offset_bytes) + RUN_BYTES;
    let fits = |pair: &[PackEntry]| {
        let gap = u64::from(pair[1].offset_bytes).saturating_sub(end_of(&pair[0]));
        gap <= MERGED_GAP_BYTES && end_of(&pair[1]) <= limit
    };
    1 + entries.windows(2).take_while(|pair| fits(pair)).count()
}
