//! Removing what is no longer needed, in the order that survives a crash: new indexes, old indexes, packs.

use hashbrown::HashSet;
use parking_lot::Mutex;
use rempart_format::{INDEX_FULL_BLOBS, PackEntry};
use rempart_model::{IndexId, PackId};
use rempart_storage::{ObjectKind, ObjectName};

use super::threads::{WAITING_THREADS, for_each_on};
use super::{MaintenanceObserver, Step};
use crate::{LockGuard, Repository, RepositoryError, Result};

/// Writes the given index files anew without some packs, and each pack once; the new ones are durable before the old
/// ones go.
pub(crate) fn rewrite_indexes(
    repository: &Repository,
    exclusive: &LockGuard,
    stale: &[IndexId],
    gone: &HashSet<PackId>,
    observer: &dyn MaintenanceObserver,
) -> Result<()> {
    if stale.is_empty() {
        return Ok(());
    }
    stop_if_canceled(observer)?;
    observer.begin(Step::WriteIndexes, Some(stale.len() as u64));
    let mut listed = HashSet::new();
    let mut pending: Vec<(PackId, Vec<PackEntry>)> = Vec::new();
    let mut pending_blobs = 0;
    for &id in stale {
        for (pack, entries) in repository.load_index_file(id)? {
            if !gone.contains(&pack) && listed.insert(pack) {
                pending_blobs += entries.len();
                pending.push((pack, entries));
            }
        }
        if pending_blobs >= INDEX_FULL_BLOBS {
            repository.save_index_files(&std::mem::take(&mut pending))?;
            pending_blobs = 0;
        }
        observer.advance(Step::WriteIndexes, 1);
    }
    if !pending.is_empty() {
        repository.save_index_files(&pending)?;
    }
    repository.store().sync()?;
    stop_if_canceled(observer)?;
    remove_indexes(repository, exclusive, stale, observer)
}

/// Removes index files whose content stands in others.
pub(crate) fn remove_indexes(
    repository: &Repository,
    exclusive: &LockGuard,
    stale: &[IndexId],
    observer: &dyn MaintenanceObserver,
) -> Result<()> {
    observer.begin(Step::RemoveIndexes, Some(stale.len() as u64));
    for &id in stale {
        repository.remove_index_file(exclusive, id)?;
        observer.advance(Step::RemoveIndexes, 1);
    }
    Ok(repository.store().sync()?)
}

/// Removes packs that no index mentions any more. One that is already gone is no failure.
pub(crate) fn remove_packs(
    repository: &Repository,
    exclusive: &LockGuard,
    packs: &[PackId],
    observer: &dyn MaintenanceObserver,
) -> Result<()> {
    if packs.is_empty() {
        return Ok(());
    }
    stop_if_canceled(observer)?;
    observer.begin(Step::RemovePacks, Some(packs.len() as u64));
    let failure = Mutex::new(None);
    for_each_on(WAITING_THREADS, packs, |pack| {
        let gone = exclusive.ensure_exclusive("remove packs").and_then(|()| {
            match repository.store().remove(ObjectName::Named(ObjectKind::Pack, pack.0)) {
                Err(error) if !error.is_not_found() => Err(error.into()),
                _ => Ok(()),
            }
        });
        observer.advance(Step::RemovePacks, 1);
        gone.map_err(|error| failure.lock().get_or_insert(error).kind()).is_ok()
    });
    repository.store().sync()?;
    failure.into_inner().map_or(Ok(()), Err)
}

pub(crate) fn stop_if_canceled(observer: &dyn MaintenanceObserver) -> Result<()> {
    if observer.is_canceled() { Err(RepositoryError::Canceled) } else { Ok(()) }
}
