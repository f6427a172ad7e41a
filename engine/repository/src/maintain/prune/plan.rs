//! What a prune would do: which packs stay, which are copied out of, which go, and what that is worth.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use rempart_format::{BlobKind, PackEntry};
use rempart_model::{BlobId, IndexId, PackId, SnapshotId};

use super::Limit;
use super::repack::Repacking;
use crate::maintain::MaintenanceObserver;
use crate::maintain::marks::Marks;
use crate::maintain::packs::{PackContent, file_bytes, for_each_index, stored_packs};
use crate::maintain::reach::{Look, Reached, TreeFault, reach};
use crate::maintain::seen::Seen;
use crate::{Repository, RepositoryError, Result};

/// What a person may set.
#[derive(Debug, Clone)]
pub struct PruneOptions {
    /// How much may stay stored although nothing uses it; repacking stops there. restic's default is 5 %.
    pub max_unused: Limit,
    /// How much may be copied at most.
    pub max_repack_bytes: Option<u64>,
    /// Repack packs far below the target size too.
    pub repack_small: bool,
    /// What packs should be long: what is under 4/5 of it is small.
    pub pack_target_bytes: u64,
    /// No further pack is repacked once so much time has passed; what was copied by then is finished as usual, and the
    /// rest is left for the next prune.
    pub time_limit: Option<Duration>,
}

impl Default for PruneOptions {
    fn default() -> Self {
        Self {
            max_unused: Limit::BasisPoints(500),
            max_repack_bytes: None,
            repack_small: false,
            pack_target_bytes: u64::from(rempart_format::pack::DEFAULT_PACK_BYTES),
            time_limit: None,
        }
    }
}

/// The figures of a plan. Bytes are stored (sealed) bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneStats {
    pub blobs_used: u64,
    pub blobs_unused: u64,
    pub blobs_duplicate: u64,
    pub bytes_used: u64,
    pub bytes_unused: u64,
    pub bytes_duplicate: u64,
    pub packs_kept: u64,
    pub packs_repacked: u64,
    pub packs_removed: u64,
    /// Packs that no index mentions, and their bytes: left behind by interrupted runs.
    pub packs_orphaned: u64,
    pub bytes_orphaned: u64,
    /// What is copied out of the packs that are repacked.
    pub bytes_repacked: u64,
    /// What the storage gains in the end.
    pub bytes_freed: u64,
    /// What stays stored although nothing uses it.
    pub bytes_unused_after: u64,
}

/// A pack to copy out of, and the blobs to copy, by offset.
pub(super) struct Repack {
    pub(super) pack: PackId,
    /// What the storage gains when it goes.
    pub(super) freed_bytes: u64,
    pub(super) keep: Vec<PackEntry>,
}

impl Repack {
    pub(super) fn keep_bytes(&self) -> u64 {
        self.keep.iter().map(|entry| u64::from(entry.sealed_bytes)).sum()
    }
}

/// What a prune would do. Holds for the repository as it was looked at: see [`PrunePlan::is_current`].
pub struct PrunePlan {
    pub stats: PruneStats,
    /// What it was made from: listed before any of it was read.
    seen: Seen,
    pub(super) repack: Arc<[Repack]>,
    /// Copying that has begun already.
    pub(super) begun: Option<Repacking>,
    pub(super) remove: Vec<PackId>,
    pub(super) orphans: Vec<PackId>,
    /// Index files that mention a pack that goes, or one that is listed twice.
    pub(super) stale_indexes: HashSet<IndexId>,
    pub(super) time_limit: Option<Duration>,
}

impl PrunePlan {
    /// Whether the repository is still as the plan saw it, the snapshots to be forgotten aside. Asked with the exclusive
    /// lock held, it makes a plan as good as one that was made under it: whoever wrote since then without our noticing
    /// has come to an end, and what a snapshot needs of it stands in an index file that the plan did not see.
    pub fn is_current(&self, repository: &Repository) -> Result<bool> {
        let now = Seen::now(repository, &self.seen.forgotten)?;
        Ok(now == self.seen)
    }

    /// The first of the snapshots to be forgotten that is still there.
    pub(super) fn still_there(&self, repository: &Repository) -> Result<Option<SnapshotId>> {
        let there = repository.snapshot_ids()?;
        Ok(self.seen.forgotten.iter().copied().find(|id| there.binary_search(id).is_ok()))
    }

    /// Nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.repack.is_empty() && self.remove.is_empty() && self.orphans.is_empty() && self.stale_indexes.is_empty()
    }
}

/// A pack on the way to a decision.
struct Candidate {
    id: PackId,
    entries: Vec<PackEntry>,
    content: PackContent,
    indexes: Vec<IndexId>,
    /// Blobs in use of which this is the only copy, or the copy that is kept.
    used_bytes: u64,
    used_blobs: u64,
    unused_bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Repack,
    Remove,
}

impl Repository {
    /// Looks at everything and decides. Deletes nothing; refuses where something that is in use is missing.
    pub fn plan_prune(&self, options: &PruneOptions, observer: &dyn MaintenanceObserver) -> Result<PrunePlan> {
        self.plan_prune_without(&[], options, observer)
    }

    /// The same for the repository as it will be without some snapshots: they must be removed before the plan is carried
    /// out. So the plan can be made, and shown, while they are still there and the lock is still being made certain.
    pub fn plan_prune_without(
        &self,
        forgotten: &[SnapshotId],
        options: &PruneOptions,
        observer: &dyn MaintenanceObserver,
    ) -> Result<PrunePlan> {
        let seen = Seen::now(self, forgotten)?;
        let snapshots = self.snapshots()?;
        let kept = snapshots.iter().filter(|stored| seen.forgotten.binary_search(&stored.id).is_err());
        let roots: Vec<BlobId> = kept.map(|stored| stored.snapshot.tree).collect();
        let first_fault = parking_lot::Mutex::new(None);
        let reached =
            reach(self, roots, Look::References, observer, &|fault| _ = first_fault.lock().get_or_insert(fault))?;
        if let Some(fault) = first_fault.into_inner() {
            return Err(RepositoryError::PruneRefused { reason: refusal(&fault) });
        }
        if observer.is_canceled() {
            return Err(RepositoryError::Canceled);
        }
        let mut candidates = candidates(self, observer)?;
        let mut stats = PruneStats::default();
        let copies_kept = settle_duplicates(&mut candidates, &reached, &mut stats);

        let mut stored = stored_packs(self, observer)?;
        for candidate in &candidates {
            if stored.remove(&candidate.id).is_none() && candidate.used_blobs > 0 {
                let reason =
                    format!("pack {} is missing and {} of its blobs are in use", candidate.id, candidate.used_blobs);
                return Err(RepositoryError::PruneRefused { reason });
            }
        }
        let fates = decide(&mut candidates, options, &mut stats);
        stats.packs_orphaned = stored.len() as u64;
        stats.bytes_orphaned = stored.values().sum();
        stats.bytes_freed += stats.bytes_orphaned;

        let mut plan = PrunePlan {
            stats,
            seen,
            repack: Arc::default(),
            begun: None,
            remove: Vec::new(),
            orphans: stored.into_keys().collect(),
            stale_indexes: HashSet::new(),
            time_limit: options.time_limit,
        };
        let mut repack = Vec::new();
        for (number, (mut candidate, fate)) in candidates.into_iter().zip(fates).enumerate() {
            // A pack that several index files list is listed by one afterwards.
            if fate != Fate::Keep || candidate.indexes.len() > 1 {
                plan.stale_indexes.extend(&candidate.indexes);
            }
            match fate {
                Fate::Keep => {}
                Fate::Remove => plan.remove.push(candidate.id),
                Fate::Repack => {
                    candidate.entries.retain(|entry| is_kept_here(entry, number, &reached, &copies_kept));
                    repack.push(Repack {
                        pack: candidate.id,
                        freed_bytes: candidate.unused_bytes,
                        keep: candidate.entries,
                    });
                }
            }
        }
        // The longest first, so that all who copy end together.
        repack.sort_by_key(|repack| std::cmp::Reverse(repack.keep_bytes()));
        plan.repack = repack.into();
        Ok(plan)
    }
}

fn refusal(fault: &TreeFault) -> String {
    match fault {
        TreeFault::Missing { tree, .. } => format!("tree {tree}, which a snapshot uses, is missing"),
        TreeFault::Unreadable { tree, reason } => {
            format!("tree {tree}, which a snapshot uses, cannot be read: {reason}")
        }
        TreeFault::Node { tree, name, reason } => {
            format!("{:?} in tree {tree} {reason}", String::from_utf8_lossy(name))
        }
        TreeFault::DataMissing { tree, name, blob } => {
            format!("chunk {blob} of {:?} in tree {tree} is missing", String::from_utf8_lossy(name))
        }
    }
}

/// Every pack of every index, each once, in the order of their ids.
fn candidates(repository: &Repository, observer: &dyn MaintenanceObserver) -> Result<Vec<Candidate>> {
    let mut packs: HashMap<PackId, Candidate> = HashMap::new();
    let mut failure = None;
    for_each_index(repository, observer, |loaded| match loaded.packs {
        Err(error) => failure = Some(error),
        Ok(listed) => {
            for (id, entries) in listed {
                let candidate = packs.entry(id).or_insert_with(|| Candidate {
                    id,
                    content: PackContent::of(&entries),
                    entries: Vec::new(),
                    indexes: Vec::new(),
                    used_bytes: 0,
                    used_blobs: 0,
                    unused_bytes: 0,
                });
                let mut entries = entries;
                entries.sort_unstable_by_key(|entry| entry.offset_bytes);
                if candidate.indexes.is_empty() {
                    candidate.entries = entries;
                } else if candidate.entries != entries {
                    let reason = format!("index files say different things about pack {id}");
                    failure = Some(RepositoryError::PruneRefused { reason });
                }
                candidate.indexes.push(loaded.id);
            }
        }
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    if observer.is_canceled() {
        return Err(RepositoryError::Canceled);
    }
    let mut packs: Vec<Candidate> = packs.into_values().collect();
    packs.sort_unstable_by_key(|pack| pack.id);
    Ok(packs)
}

/// Which pack (by position) keeps a blob of which there are several copies.
type CopiesKept = HashMap<(BlobKind, BlobId), usize>;

fn is_kept_here(entry: &PackEntry, pack: usize, reached: &Reached, copies_kept: &CopiesKept) -> bool {
    reached.is_used(entry.kind, &entry.id)
        && copies_kept.get(&(entry.kind, entry.id)).is_none_or(|&keeper| keeper == pack)
}

/// Counts what each pack holds of use. Of a blob that is stored several times just one copy counts, the one in the
/// pack that holds most else of use, so that the others' packs become empty. (rustic #392: whichever copy is chosen,
/// its pack must be the one that keeps or repacks it; so the choice is made once, here.)
fn settle_duplicates(candidates: &mut [Candidate], reached: &Reached, stats: &mut PruneStats) -> CopiesKept {
    let seen = Marks::new(reached.index.len());
    let mut copies_kept: CopiesKept = HashMap::new();
    for entry in candidates.iter().flat_map(|pack| &pack.entries) {
        if let Some(bit) = reached.index.ordinal(entry.kind, &entry.id).filter(|&bit| reached.used.is_set(bit))
            && !seen.set(bit)
        {
            copies_kept.insert((entry.kind, entry.id), usize::MAX);
        }
    }
    for pack in candidates.iter_mut() {
        for entry in &pack.entries {
            let sealed_bytes = u64::from(entry.sealed_bytes);
            if !reached.is_used(entry.kind, &entry.id) {
                pack.unused_bytes += sealed_bytes;
                stats.blobs_unused += 1;
                stats.bytes_unused += sealed_bytes;
            } else if !copies_kept.contains_key(&(entry.kind, entry.id)) {
                pack.used_bytes += sealed_bytes;
                pack.used_blobs += 1;
            }
        }
    }
    let sole_bytes: Vec<u64> = candidates.iter().map(|pack| pack.used_bytes).collect();
    for (number, pack) in candidates.iter().enumerate() {
        for entry in &pack.entries {
            if let Some(keeper) = copies_kept.get_mut(&(entry.kind, entry.id))
                && (*keeper == usize::MAX || sole_bytes[*keeper] < sole_bytes[number])
            {
                *keeper = number;
            }
        }
    }
    for (number, pack) in candidates.iter_mut().enumerate() {
        for entry in &pack.entries {
            let sealed_bytes = u64::from(entry.sealed_bytes);
            match copies_kept.get(&(entry.kind, entry.id)) {
                Some(&keeper) if keeper == number => {
                    pack.used_bytes += sealed_bytes;
                    pack.used_blobs += 1;
                }
                Some(_) => {
                    pack.unused_bytes += sealed_bytes;
                    stats.blobs_duplicate += 1;
                    stats.bytes_duplicate += sealed_bytes;
                }
                None => {}
            }
        }
        stats.blobs_used += pack.used_blobs;
        stats.bytes_used += pack.used_bytes;
    }
    copies_kept
}

/// The fate of each pack: empty ones go; those with waste are repacked, the most wasteful first, until what remains is
/// within the limit.
fn decide(candidates: &mut [Candidate], options: &PruneOptions, stats: &mut PruneStats) -> Vec<Fate> {
    let is_small =
        |pack: &Candidate| options.repack_small && file_bytes(&pack.entries) * 5 < options.pack_target_bytes * 4;
    let mut fates = vec![Fate::Keep; candidates.len()];
    let mut wasteful = Vec::new();
    let small_packs = candidates.iter().filter(|pack| pack.used_blobs > 0 && is_small(pack)).count();
    for (number, pack) in candidates.iter().enumerate() {
        if pack.used_blobs == 0 {
            fates[number] = Fate::Remove;
            stats.bytes_freed += file_bytes(&pack.entries);
        } else if pack.unused_bytes > 0 || pack.content == PackContent::Mixed || (is_small(pack) && small_packs > 1) {
            wasteful.push(number);
        }
    }
    // Mixed packs first, whatever the limit; then by the share that is wasted; then by id, so that plans are repeatable.
    let share = |pack: &Candidate| pack.unused_bytes as f64 / (pack.used_bytes + pack.unused_bytes) as f64;
    wasteful.sort_by(|&a, &b| {
        let (a, b) = (&candidates[a], &candidates[b]);
        let mixed = |pack: &Candidate| pack.content == PackContent::Mixed;
        mixed(b).cmp(&mixed(a)).then(share(b).total_cmp(&share(a))).then(a.id.cmp(&b.id))
    });
    let allowed_bytes = options.max_unused.of(stats.bytes_used);
    let mut wasted_bytes: u64 = wasteful.iter().map(|&number| candidates[number].unused_bytes).sum();
    for number in wasteful {
        let pack = &candidates[number];
        let wanted = wasted_bytes > allowed_bytes || pack.content == PackContent::Mixed || is_small(pack);
        let repacked_bytes = stats.bytes_repacked + pack.used_bytes;
        if !wanted || options.max_repack_bytes.is_some_and(|limit| repacked_bytes > limit) {
            continue;
        }
        fates[number] = Fate::Repack;
        wasted_bytes -= pack.unused_bytes;
        stats.bytes_repacked = repacked_bytes;
        stats.bytes_freed += pack.unused_bytes;
    }
    stats.bytes_unused_after = wasted_bytes;
    for fate in &fates {
        match fate {
            Fate::Keep => stats.packs_kept += 1,
            Fate::Repack => stats.packs_repacked += 1,
            Fate::Remove => stats.packs_removed += 1,
        }
    }
    fates
}
