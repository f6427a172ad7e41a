//! The packs of a repository as its index files describe them, each pack once.

use hashbrown::HashMap;
use parking_lot::Mutex;
use rempart_format::{BlobKind, PackEntry, pack};
use rempart_model::{IndexId, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use super::reach::chain;
use super::threads::for_each_parallel;
use super::{MaintenanceObserver, Step};
use crate::{Repository, RepositoryError, Result};

/// Which kinds of blob a pack holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackContent {
    Data,
    Trees,
    Mixed,
}

impl PackContent {
    pub(crate) fn of(entries: &[PackEntry]) -> Self {
        let trees = entries.iter().filter(|entry| entry.kind == BlobKind::Tree).count();
        match trees {
            0 => Self::Data,
            all if all == entries.len() => Self::Trees,
            _ => Self::Mixed,
        }
    }
}

/// Length of the whole pack file that holds these blobs.
pub(crate) fn file_bytes(entries: &[PackEntry]) -> u64 {
    entries.iter().map(|entry| u64::from(entry.sealed_bytes)).sum::<u64>() + pack::sealed_header_bytes(entries) as u64
}

/// One index file, or why it cannot be read.
pub(crate) struct LoadedIndex {
    pub(crate) id: IndexId,
    pub(crate) packs: Result<Vec<(PackId, Vec<PackEntry>)>, RepositoryError>,
}

/// Reads every index file straight from the store, several at a time, and hands each to `visit` (one at a time).
pub(crate) fn for_each_index(
    repository: &Repository,
    observer: &dyn MaintenanceObserver,
    visit: impl FnMut(LoadedIndex) + Send,
) -> Result<()> {
    let ids = repository.index_ids()?;
    observer.begin(Step::ReadIndexes, Some(ids.len() as u64));
    let visit = Mutex::new(visit);
    for_each_parallel(&ids, |&id| {
        let packs = repository.load_index_file(id);
        (visit.lock())(LoadedIndex { id, packs });
        observer.advance(Step::ReadIndexes, 1);
        !observer.is_canceled()
    });
    Ok(())
}

/// The packs that are in the store, with the sizes of their files.
pub(crate) fn stored_packs(
    repository: &Repository,
    observer: &dyn MaintenanceObserver,
) -> Result<HashMap<PackId, u64>> {
    observer.begin(Step::ListPacks, None);
    let listed = repository.store().list(ObjectKind::Pack)?;
    observer.advance(Step::ListPacks, listed.len() as u64);
    Ok(listed.into_iter().map(|pack| (PackId(pack.id), pack.size_bytes)).collect())
}

/// Reads a part of a pack file into a buffer: offset, length.
pub(crate) type ReadPart<'a> = dyn Fn(u64, usize, &mut Vec<u8>) -> Result<(), String> + 'a;

/// The entries that a pack's own header lists, or why they cannot be had.
pub(crate) fn read_header(repository: &Repository, pack: PackId, stored_bytes: u64) -> Result<Vec<PackEntry>, String> {
    let name = ObjectName::Named(ObjectKind::Pack, pack.0);
    read_header_by(repository, stored_bytes, &|offset, len, buffer| {
        buffer.resize(len, 0);
        repository.store().read_range_into(name, offset, buffer).map_err(|error| chain(&error))
    })
}

/// Same, for a pack whose bytes are read by `read`.
pub(crate) fn read_header_by(
    repository: &Repository,
    stored_bytes: u64,
    read: &ReadPart<'_>,
) -> Result<Vec<PackEntry>, String> {
    let mut buffer = Vec::new();
    let trailer_at = stored_bytes.checked_sub(pack::TRAILER_BYTES as u64).ok_or("the file is too short")?;
    read(trailer_at, pack::TRAILER_BYTES, &mut buffer)?;
    let len_bytes = u32::from_le_bytes(buffer[..].try_into().expect("four bytes were read"));
    if len_bytes as usize > pack::MAX_HEADER_BYTES {
        return Err(format!("its length is said to be {len_bytes} bytes"));
    }
    let header_at = trailer_at.checked_sub(u64::from(len_bytes)).ok_or("it is said to be longer than the file")?;
    read(header_at, len_bytes as usize, &mut buffer)?;
    let header = repository.master_key().open(&buffer).map_err(|error| error.to_string())?;
    pack::decode_header(&header).map_err(|error| chain(&error))
}
