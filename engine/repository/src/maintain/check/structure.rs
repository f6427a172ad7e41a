//! The structure: indexes, packs against indexes, and every tree that a snapshot reaches.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rempart_format::PackEntry;
use rempart_model::{IndexId, PackId};

use super::{Findings, Problem};
use crate::maintain::MaintenanceObserver;
use crate::maintain::packs::{PackContent, file_bytes, for_each_index, stored_packs};
use crate::maintain::reach::{Look, TreeFault, chain, reach};
use crate::{Repository, Result};

/// A pack that is both in an index and in the store: what a reading of the data can look at.
pub(super) struct CheckedPack {
    pub(super) id: PackId,
    /// Length of the file in the store.
    pub(super) stored_bytes: u64,
    /// As the index lists them, by offset.
    pub(super) entries: Vec<PackEntry>,
}

struct IndexedPack {
    entries: Vec<PackEntry>,
    index: IndexId,
    times: u32,
}

/// Checks indexes against each other and against the packs in the store. Returns the packs that are there, by id.
pub(super) fn check_packs(
    repository: &Repository,
    findings: &Findings,
    observer: &dyn MaintenanceObserver,
) -> Result<Vec<CheckedPack>> {
    let mut indexed: HashMap<PackId, IndexedPack> = HashMap::new();
    for_each_index(repository, observer, |loaded| match loaded.packs {
        Err(error) => findings.tell(Problem::IndexUnreadable { index: loaded.id, reason: chain(&error) }),
        Ok(packs) => packs.into_iter().for_each(|pack| add(&mut indexed, loaded.id, pack, findings)),
    })?;

    let mut stored = stored_packs(repository, observer)?;
    let mut checked = Vec::with_capacity(indexed.len());
    for (id, pack) in indexed {
        if pack.times > 1 {
            findings.tell(Problem::PackListedTwice { pack: id, times: pack.times });
        }
        if PackContent::of(&pack.entries) == PackContent::Mixed {
            findings.tell(Problem::PackMixed { pack: id });
        }
        let expected_bytes = file_bytes(&pack.entries);
        match stored.remove(&id) {
            None => findings.tell(Problem::PackMissing { pack: id, blobs: pack.entries.len() as u64 }),
            Some(actual_bytes) => {
                if actual_bytes != expected_bytes {
                    findings.tell(Problem::PackSize { pack: id, expected_bytes, actual_bytes });
                }
                checked.push(CheckedPack { id, stored_bytes: actual_bytes, entries: pack.entries });
            }
        }
    }
    let mut orphans: Vec<_> = stored.into_iter().collect();
    orphans.sort_unstable();
    for (pack, size_bytes) in orphans {
        findings.tell(Problem::PackOrphaned { pack, size_bytes });
    }
    checked.sort_unstable_by_key(|pack| pack.id);
    findings.note_cancel(observer);
    Ok(checked)
}

fn add(
    indexed: &mut HashMap<PackId, IndexedPack>,
    index: IndexId,
    (id, mut entries): (PackId, Vec<PackEntry>),
    findings: &Findings,
) {
    entries.sort_unstable_by_key(|entry| entry.offset_bytes);
    match indexed.entry(id) {
        Entry::Vacant(vacant) => _ = vacant.insert(IndexedPack { entries, index, times: 1 }),
        Entry::Occupied(mut known) => {
            let known = known.get_mut();
            known.times += 1;
            if known.entries != entries {
                findings.tell(Problem::IndexesDisagree { pack: id, first: known.index, second: index });
            }
        }
    }
}

/// Checks every snapshot and all that it reaches. Returns how many snapshots there are.
pub(super) fn check_snapshots(
    repository: &Repository,
    findings: &Findings,
    observer: &dyn MaintenanceObserver,
) -> Result<u64> {
    let (snapshots, unreadable) = repository.snapshots_lenient()?;
    let count = (snapshots.len() + unreadable.len()) as u64;
    for (snapshot, error) in unreadable {
        findings.tell(Problem::SnapshotUnreadable { snapshot, reason: chain(&error) });
    }
    let roots = snapshots.iter().map(|stored| stored.snapshot.tree);
    reach(repository, roots, Look::Nodes, observer, &|fault| findings.tell(problem_of(fault)))?;
    findings.note_cancel(observer);
    Ok(count)
}

fn problem_of(fault: TreeFault) -> Problem {
    let shown = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
    match fault {
        TreeFault::Missing { tree, parent } => Problem::TreeMissing { tree, parent },
        TreeFault::Unreadable { tree, reason } => Problem::TreeUnreadable { tree, reason },
        TreeFault::Node { tree, name, reason } => Problem::Node { tree, name: shown(name), reason },
        TreeFault::DataMissing { tree, name, blob } => Problem::DataMissing { tree, name: shown(name), blob },
    }
}
