//! Index files of the repository itself: read past the cache, written, removed.

use rempart_format::{Compression, IndexEncoder, PackEntry, for_each_pack};
use rempart_model::{IndexId, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use super::load::{add_written, read_index_file};
use crate::{LockGuard, Repository, Result, files};

/// A pack and its blobs, as an index file lists them.
pub(crate) type IndexedPack = (PackId, Vec<PackEntry>);

impl Repository {
    /// The packs that one index file names, straight from the store.
    pub(crate) fn load_index_file(&self, id: IndexId) -> Result<Vec<IndexedPack>> {
        let json = read_index_file(self, id)?;
        let mut packs = Vec::new();
        for_each_pack(&json, |pack, blobs| {
            packs.push((pack, blobs.to_vec()));
            Ok::<(), rempart_format::FormatError>(())
        })
        .map_err(|error| files::damaged(ObjectKind::Index, id.0, error))?;
        Ok(packs)
    }

    /// Writes as many index files as the packs need, none of them split, and adds them to the local index. The packs must
    /// be durable; the caller syncs.
    pub(crate) fn save_index_files(&self, packs: &[IndexedPack]) -> Result<Vec<IndexId>> {
        let mut written: Vec<(IndexId, &[IndexedPack])> = Vec::new();
        let mut rest = packs;
        while !rest.is_empty() {
            let mut encoder = IndexEncoder::new();
            let taken = rest.iter().take_while(|(pack, blobs)| {
                let fits = !encoder.is_full();
                if fits {
                    encoder.push_pack(pack, blobs);
                }
                fits
            });
            let (listed, behind) = rest.split_at(taken.count());
            // Half of it are hexadecimal hashes: a higher level gains nothing.
            let (id, sealed) = files::seal(self, &encoder.finish(), Compression::Fast)?;
            self.store().write(ObjectName::Named(ObjectKind::Index, id), sealed)?;
            written.push((IndexId(id), listed));
            rest = behind;
        }
        add_written(self, &written)?;
        Ok(written.into_iter().map(|(id, _)| id).collect())
    }

    /// Removes an index file whose packs are named elsewhere or condemned. One that is gone already is no error.
    pub(crate) fn remove_index_file(&self, exclusive: &LockGuard, id: IndexId) -> Result<()> {
        exclusive.ensure_exclusive_for(self, "remove an index file")?;
        match self.store().remove(ObjectName::Named(ObjectKind::Index, id.0)) {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }
}
