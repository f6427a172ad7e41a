//! Snapshot files: listed, read (sealed copies are kept in the local cache), written, removed.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rempart_format::Snapshot;
use rempart_model::{IdPrefix, SnapshotId};
use rempart_storage::{ObjectKind, ObjectName};

use crate::cache::Shelf;
use crate::{LockGuard, Repository, RepositoryError, Result, files};

/// A snapshot and the name it is stored under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSnapshot {
    pub id: SnapshotId,
    pub snapshot: Snapshot,
}

impl Repository {
    /// Every snapshot, oldest first (by time, then id). One that cannot be read fails the call, naming it.
    pub fn snapshots(&self) -> Result<Vec<StoredSnapshot>> {
        let (snapshots, broken) = self.snapshots_lenient()?;
        match broken.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(snapshots),
        }
    }

    /// Every snapshot that can be read, oldest first, and what is wrong with the others: for listings, check and repair.
    #[expect(clippy::type_complexity, reason = "two lists, named in the sentence above")]
    pub fn snapshots_lenient(&self) -> Result<(Vec<StoredSnapshot>, Vec<(SnapshotId, RepositoryError)>)> {
        let ids = self.snapshot_ids()?;
        let next = AtomicUsize::new(0);
        let read: Mutex<Vec<(SnapshotId, Result<StoredSnapshot>)>> = Mutex::new(Vec::with_capacity(ids.len()));
        let worker = || {
            while let Some(&id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                let snapshot = self.snapshot(id);
                read.lock().push((id, snapshot));
            }
        };
        // A thread costs more than reading a few from the cache.
        let threads = self.read_threads().min(ids.len().div_ceil(8));
        if threads <= 1 {
            worker();
        } else {
            std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
        }
        let (mut snapshots, mut broken) = (Vec::with_capacity(ids.len()), Vec::new());
        for (id, snapshot) in read.into_inner() {
            match snapshot {
                Ok(snapshot) => snapshots.push(snapshot),
                // Removed since it was listed.
                Err(RepositoryError::NoSuchFile { .. }) => {}
                Err(error @ RepositoryError::FileDamaged { .. }) => broken.push((id, error)),
                Err(error) => return Err(error),
            }
        }
        snapshots.sort_by_key(|stored| (stored.snapshot.time.instant, stored.id));
        broken.sort_by_key(|(id, _)| *id);
        if let Some(cache) = &self.inner.cache {
            let gone =
                cache.list(Shelf::Snapshots).into_iter().filter(|id| ids.binary_search(&SnapshotId(*id)).is_err());
            gone.for_each(|id| cache.remove(Shelf::Snapshots, &id));
        }
        Ok((snapshots, broken))
    }

    /// Ascending.
    pub fn snapshot_ids(&self) -> Result<Vec<SnapshotId>> {
        let listed = self.store().list(ObjectKind::Snapshot)?;
        let mut ids: Vec<SnapshotId> = listed.into_iter().map(|listed| SnapshotId(listed.id)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Reads one: from the cache where it is there and intact.
    pub fn snapshot(&self, id: SnapshotId) -> Result<StoredSnapshot> {
        let cached = self.inner.cache.as_ref().and_then(|cache| cache.read(Shelf::Snapshots, &id.0));
        let cached = cached.and_then(|sealed| files::open(self.master_key(), ObjectKind::Snapshot, id.0, &sealed).ok());
        let json = match cached {
            Some(json) => json,
            None => {
                let (json, sealed) = files::read(self, ObjectKind::Snapshot, id.0)?;
                if let Some(cache) = &self.inner.cache {
                    cache.write(Shelf::Snapshots, &id.0, &sealed);
                }
                json
            }
        };
        let snapshot = Snapshot::decode(&json).map_err(|error| files::damaged(ObjectKind::Snapshot, id.0, error))?;
        Ok(StoredSnapshot { id, snapshot })
    }

    /// The one snapshot whose id begins so.
    pub fn snapshot_by_prefix(&self, prefix: &IdPrefix) -> Result<StoredSnapshot> {
        let ids = self.snapshot_ids()?;
        let mut matching = ids.into_iter().filter(|id| prefix.matches(&id.0));
        match (matching.next(), matching.next()) {
            (Some(id), None) => self.snapshot(id),
            (Some(_), Some(_)) => Err(RepositoryError::Ambiguous { what: "snapshot", prefix: prefix.clone() }),
            (None, _) => Err(RepositoryError::NoSuchFile { what: "snapshot", prefix: prefix.as_str().to_owned() }),
        }
    }

    /// The newest by its time.
    pub fn latest_snapshot(&self) -> Result<StoredSnapshot> {
        self.snapshots()?.pop().ok_or(RepositoryError::NoSnapshots)
    }

    /// Stores a snapshot file, durable when this returns. Its tree must be durable and indexed.
    pub fn save_snapshot(&self, held: &LockGuard, snapshot: &Snapshot) -> Result<SnapshotId> {
        self.ensure_writable()?;
        held.ensure_for(self, "save a snapshot")?;
        held.ensure_held()?;
        let (id, sealed) = files::seal(self, &snapshot.encode(), rempart_format::Compression::Auto)?;
        self.store().write(ObjectName::Named(ObjectKind::Snapshot, id), sealed.clone())?;
        self.store().sync()?;
        if let Some(cache) = &self.inner.cache {
            cache.write(Shelf::Snapshots, &id, &sealed);
        }
        Ok(SnapshotId(id))
    }

    /// Removes snapshots. One that is gone already is no error.
    pub fn remove_snapshots(&self, exclusive: &LockGuard, ids: &[SnapshotId]) -> Result<()> {
        self.ensure_writable()?;
        for id in ids {
            exclusive.ensure_exclusive_for(self, "remove snapshots")?;
            match self.store().remove(ObjectName::Named(ObjectKind::Snapshot, id.0)) {
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ => {}
            }
            if let Some(cache) = &self.inner.cache {
                cache.remove(Shelf::Snapshots, &id.0);
            }
        }
        Ok(())
    }
}
