//! Copying what is sound out of damaged packs.

use std::sync::Arc;

use hashbrown::HashSet;
use rempart_format::PackEntry;
use rempart_model::{BlobId, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use crate::decode::open_blob;
use crate::maintain::packs::for_each_index;
use crate::maintain::reach::chain;
use crate::maintain::removal::{remove_packs, rewrite_indexes};
use crate::maintain::{MaintenanceObserver, Step};
use crate::{LockGuard, Repository, RepositoryError, Result, SealedBlob, WriterLock, WriterOptions};

/// What a repair of packs did.
#[derive(Debug, Default)]
pub struct PackRepair {
    pub blobs_saved: u64,
    /// Lost, with the reason; a backup of a source that still has them brings them back.
    pub blobs_lost: Vec<(BlobId, String)>,
}

impl Repository {
    /// Copies every sound blob of the given packs into new ones and removes the packs. Blobs that are stored elsewhere
    /// too are copied all the same; prune settles that.
    pub fn repair_packs(
        &self,
        exclusive: &Arc<LockGuard>,
        packs: &[PackId],
        observer: &dyn MaintenanceObserver,
    ) -> Result<PackRepair> {
        exclusive.ensure_exclusive("repair packs")?;
        let wanted: HashSet<PackId> = packs.iter().copied().collect();
        let mut found: Vec<(PackId, Vec<PackEntry>)> = Vec::new();
        let mut stale = Vec::new();
        let mut failure = None;
        for_each_index(self, observer, |loaded| match loaded.packs {
            Err(error) => failure = Some(error),
            Ok(listed) => {
                let before = found.len();
                found.extend(listed.into_iter().filter(|(pack, _)| wanted.contains(pack)));
                if found.len() > before {
                    stale.push(loaded.id);
                }
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        let mut repair = PackRepair::default();
        let writer = self.writer(WriterLock::Held(exclusive.clone()), WriterOptions::default())?;
        let mut seen = HashSet::new();
        observer.begin(Step::RepackBlobs, Some(found.len() as u64));
        for (pack, entries) in found.iter().filter(|(pack, _)| seen.insert(*pack)) {
            let (mut sealed, mut scratch, mut opened) = (Vec::new(), Vec::new(), Vec::new());
            for entry in entries {
                sealed.resize(entry.sealed_bytes as usize, 0);
                let name = ObjectName::Named(ObjectKind::Pack, pack.0);
                let read = self.store().read_range_into(name, u64::from(entry.offset_bytes), &mut sealed);
                let sound = read.map_err(|error| chain(&error)).and_then(|()| {
                    opened.clear();
                    let uncompressed_bytes = entry.uncompressed_bytes;
                    open_blob(self.master_key(), &sealed, uncompressed_bytes, &mut scratch, &mut opened)?;
                    let named = rempart_crypto::sha256(&opened) == *entry.id.as_bytes();
                    if named { Ok(()) } else { Err("its content is not what its name says".to_owned()) }
                });
                match sound {
                    Err(reason) => repair.blobs_lost.push((entry.id, reason)),
                    Ok(()) => {
                        let uncompressed_bytes = entry.uncompressed_bytes;
                        let blob = SealedBlob { id: entry.id, sealed: &sealed, uncompressed_bytes };
                        writer.put_sealed(entry.kind, &[blob])?;
                        repair.blobs_saved += 1;
                    }
                }
            }
            observer.advance(Step::RepackBlobs, 1);
            if observer.is_canceled() {
                return Err(RepositoryError::Canceled);
            }
        }
        writer.finish()?;
        rewrite_indexes(self, exclusive, &stale, &wanted, observer)?;
        remove_packs(self, exclusive, packs, observer)?;
        Ok(repair)
    }
}
