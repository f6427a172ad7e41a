//! Rebuilding the index from the packs.

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use rempart_format::PackEntry;
use rempart_model::{IndexId, PackId};

use crate::maintain::packs::{file_bytes, for_each_index, read_header, stored_packs};
use crate::maintain::removal::remove_indexes;
use crate::maintain::threads::for_each_parallel;
use crate::maintain::{MaintenanceObserver, Step};
use crate::{LockGuard, Repository, RepositoryError, Result};

/// What a repair of the index would do.
#[derive(Debug, Default)]
pub struct IndexRepairPlan {
    /// Index files that cannot be read; they are removed.
    pub unreadable_indexes: Vec<IndexId>,
    /// Packs that are in the store and in no index: their blobs are found again.
    pub packs_added: Vec<PackId>,
    /// Packs whose length, or whose entries in several index files, contradict each other: the header decides.
    pub packs_reread: Vec<PackId>,
    /// Packs that are in an index and not in the store: their blobs are lost, and are stored again by the next backup
    /// of a source that still has them.
    pub packs_missing: Vec<PackId>,
    /// Packs without a readable header: what is in them cannot be told; they are left in place, and in no index.
    pub packs_unreadable: Vec<(PackId, String)>,
    stale_indexes: Vec<IndexId>,
    packs: Vec<(PackId, Vec<PackEntry>)>,
}

impl IndexRepairPlan {
    /// The index says what the packs say: nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stale_indexes.is_empty() && self.packs_added.is_empty()
    }
}

impl Repository {
    /// Compares indexes and packs. With `read_all_packs` no index is trusted: every pack's header is read.
    pub fn plan_index_repair(
        &self,
        read_all_packs: bool,
        observer: &dyn MaintenanceObserver,
    ) -> Result<IndexRepairPlan> {
        let mut plan = IndexRepairPlan::default();
        let mut listed: HashMap<PackId, Vec<PackEntry>> = HashMap::new();
        let mut listed_by: HashMap<IndexId, Vec<PackId>> = HashMap::new();
        let mut contradictory: HashSet<PackId> = HashSet::new();
        for_each_index(self, observer, |loaded| match loaded.packs {
            Err(_) => plan.unreadable_indexes.push(loaded.id),
            Ok(packs) => {
                for (pack, mut entries) in packs {
                    entries.sort_unstable_by_key(|entry| entry.offset_bytes);
                    listed_by.entry(loaded.id).or_default().push(pack);
                    if listed.insert(pack, entries.clone()).is_some_and(|known| known != entries) {
                        contradictory.insert(pack);
                    }
                }
            }
        })?;
        let stored = stored_packs(self, observer)?;
        let mut doubtful = Vec::new();
        for (&pack, &stored_bytes) in &stored {
            match listed.get(&pack) {
                None => doubtful.push((pack, stored_bytes)),
                Some(entries)
                    if read_all_packs || contradictory.contains(&pack) || file_bytes(entries) != stored_bytes =>
                {
                    doubtful.push((pack, stored_bytes));
                }
                Some(_) => {}
            }
        }
        let headers = self.read_headers(&doubtful, observer);
        if observer.is_canceled() {
            return Err(RepositoryError::Canceled);
        }
        let mut changed: HashSet<PackId> = contradictory;
        for (pack, header) in headers {
            match header {
                Ok(entries) => match listed.insert(pack, entries.clone()) {
                    None => plan.packs_added.push(pack),
                    Some(known) if known != entries || changed.contains(&pack) => {
                        changed.insert(pack);
                        plan.packs_reread.push(pack);
                    }
                    Some(_) => {}
                },
                Err(reason) => {
                    if listed.remove(&pack).is_some() {
                        changed.insert(pack);
                    }
                    plan.packs_unreadable.push((pack, reason));
                }
            }
        }
        plan.packs_missing = listed.keys().filter(|pack| !stored.contains_key(*pack)).copied().collect();
        changed.extend(&plan.packs_missing);
        plan.packs_missing.iter().for_each(|pack| _ = listed.remove(pack));

        // Only index files that say something wrong are written anew; what is right in them moves to the new ones.
        let mut rewritten: HashSet<PackId> = plan.packs_added.iter().copied().collect();
        for (index, packs) in listed_by {
            if packs.iter().any(|pack| changed.contains(pack)) {
                plan.stale_indexes.push(index);
                rewritten.extend(packs);
            }
        }
        plan.stale_indexes.extend(&plan.unreadable_indexes);
        plan.packs = listed.into_iter().filter(|(pack, _)| rewritten.contains(pack)).collect();
        plan.packs.sort_unstable_by_key(|(pack, _)| *pack);
        for packs in [&mut plan.packs_added, &mut plan.packs_reread, &mut plan.packs_missing] {
            packs.sort_unstable();
        }
        plan.packs_unreadable.sort_unstable();
        Ok(plan)
    }

    fn read_headers(
        &self,
        packs: &[(PackId, u64)],
        observer: &dyn MaintenanceObserver,
    ) -> Vec<(PackId, Result<Vec<PackEntry>, String>)> {
        observer.begin(Step::ReadPacks, Some(packs.len() as u64));
        let headers = Mutex::new(Vec::with_capacity(packs.len()));
        for_each_parallel(packs, |&(pack, stored_bytes)| {
            let header = read_header(self, pack, stored_bytes);
            headers.lock().push((pack, header));
            observer.advance(Step::ReadPacks, 1);
            !observer.is_canceled()
        });
        headers.into_inner()
    }

    /// Carries the plan out: the new index files are durable before the old ones go.
    pub fn repair_index(
        &self,
        exclusive: &LockGuard,
        plan: &IndexRepairPlan,
        observer: &dyn MaintenanceObserver,
    ) -> Result<()> {
        exclusive.ensure_exclusive("repair the index")?;
        observer.begin(Step::WriteIndexes, Some(plan.packs.len() as u64));
        self.save_index_files(&plan.packs)?;
        observer.advance(Step::WriteIndexes, plan.packs.len() as u64);
        self.store().sync()?;
        remove_indexes(self, exclusive, &plan.stale_indexes, observer)
    }
}
