//! Packs that are written and not yet durable: they keep their temporary names until `sync`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rempart_model::Id;

use super::temporary::TempFile;
use super::write_back::{self, WriteBack};
use super::{Folder, files};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, Result, StorageError};

/// So many packs are named at once at the latest: each holds a file descriptor, of which a process has 1024 by default.
const GROUP_MAX: usize = 128;

/// Threads that sync files of one group: a disk gains from several requests in its queue, and no more from many.
const SYNC_THREADS: usize = 4;

/// Appended bytes are gathered so long before they are handed to the kernel.
const BUFFER_BYTES: usize = 256 << 10;

#[derive(Default)]
pub(super) struct PendingPacks {
    packs: Mutex<HashMap<Id, Arc<Pending>>>,
    /// One group at a time. Holds what went wrong once the content of an accepted pack was lost: the kernel reports a
    /// failed write-back once and forgets it, so a second try would be told that all is well.
    publishing: Mutex<Option<Loss>>,
    write_back: WriteBack,
}

impl Drop for PendingPacks {
    fn drop(&mut self) {
        self.packs.lock().clear();
        self.write_back.stop();
    }
}

#[derive(Clone)]
struct Loss {
    kind: ErrorKind,
    why: String,
}

struct Pending {
    temp: TempFile,
    size_bytes: u64,
}

/// What became of a pack that was offered.
pub(super) enum Inserted {
    Waits,
    /// It waits, and so many do that they should be named now.
    GroupFull,
    SameIsThere,
    OtherIsThere,
}

impl PendingPacks {
    pub fn get(&self, name: ObjectName) -> Option<Arc<File>> {
        let ObjectName::Named(ObjectKind::Pack, id) = name else { return None };
        self.packs.lock().get(&id).map(|pending| pending.temp.file().clone())
    }

    pub fn list(&self) -> Vec<Listed> {
        let packs = self.packs.lock();
        packs.iter().map(|(&id, pending)| Listed { id, size_bytes: pending.size_bytes }).collect()
    }

    pub fn insert(&self, id: Id, temp: TempFile, size_bytes: u64) -> io::Result<Inserted> {
        let mut packs = self.packs.lock();
        let earlier = match packs.entry(id) {
            Entry::Occupied(entry) => entry.get().clone(),
            Entry::Vacant(entry) => {
                self.write_back.take(temp.file());
                entry.insert(Arc::new(Pending { temp, size_bytes }));
                let full = packs.len() >= GROUP_MAX;
                return Ok(if full { Inserted::GroupFull } else { Inserted::Waits });
            }
        };
        drop(packs);
        match files::same_files(temp.file(), earlier.temp.file())? {
            true => Ok(Inserted::SameIsThere),
            false => Ok(Inserted::OtherIsThere),
        }
    }

    /// Drops a pack that has no final name yet. `false`: it has one, or is not known here.
    pub fn forget(&self, id: Id) -> bool {
        let _no_group_under_way = self.publishing.lock();
        self.packs.lock().remove(&id).is_some_and(|pending| !pending.temp.is_kept())
    }

    /// Makes all waiting packs durable, then gives them their names, then makes the names durable.
    pub fn publish(&self, folder: &Folder) -> Result<()> {
        let mut loss = self.publishing.lock();
        if let Some(loss) = &*loss {
            return Err(loss.error(folder));
        }
        let group: Vec<(Id, Arc<Pending>)> = self.packs.lock().iter().map(|(&id, p)| (id, p.clone())).collect();
        let outcome = self.publish_group(folder, &group);
        if let Err(Failure::Lost(error)) = &outcome {
            *loss = Some(Loss { kind: error.kind, why: error.chain() });
        }
        outcome.map_err(|(Failure::Lost(error) | Failure::Later(error))| error)
    }

    fn publish_group(&self, folder: &Folder, group: &[(Id, Arc<Pending>)]) -> Result<(), Failure> {
        let name = |id: Id| ObjectName::Named(ObjectKind::Pack, id);
        in_parallel(group, |(id, pending)| {
            pending.temp.file().sync_data().map_err(|error| {
                self.packs.lock().remove(id);
                Failure::Lost(StorageError::of_io("make durable", name(*id), &folder.location, error))
            })?;
            write_back::let_go(pending.temp.file());
            Ok(())
        })?;
        for (id, pending) in group.iter().filter(|(_, pending)| !pending.temp.is_kept()) {
            folder.give_name(&pending.temp, name(*id)).map_err(|error| match error.kind {
                ErrorKind::AlreadyExists => {
                    self.packs.lock().remove(id);
                    Failure::Lost(error)
                }
                _ => Failure::Later(error),
            })?;
        }
        let dirs: BTreeSet<PathBuf> =
            group.iter().filter_map(|(id, _)| folder.path(name(*id)).parent().map(PathBuf::from)).collect();
        in_parallel(&Vec::from_iter(dirs), |dir| {
            files::fsync_dir(dir).map_err(|error| Failure::Lost(folder.error("make durable", dir.display(), error)))
        })?;
        let mut packs = self.packs.lock();
        for (id, _) in group {
            packs.remove(id);
        }
        Ok(())
    }
}

/// Why a group was not published: something is gone for good, or a later `sync` may try again.
enum Failure {
    Lost(StorageError),
    Later(StorageError),
}

impl Loss {
    fn error(&self, folder: &Folder) -> StorageError {
        let why = format!("what was written earlier is lost ({}); begin the work again", self.why);
        StorageError::new(self.kind, "make durable", "what was written", &folder.location, why)
    }
}

/// The first error, after all have been tried.
fn in_parallel<T: Sync>(items: &[T], action: impl Fn(&T) -> Result<(), Failure> + Sync) -> Result<(), Failure> {
    if items.len() < 2 {
        return items.first().map_or(Ok(()), action);
    }
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..SYNC_THREADS.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = action(item) {
                        failure.lock().get_or_insert(error);
                    }
                }
            });
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

/// A pack being appended to in a temporary file.
pub(super) struct PackFile {
    folder: Arc<Folder>,
    temp: TempFile,
    /// What follows the written bytes.
    buffer: Vec<u8>,
    /// A multiple of [`BUFFER_BYTES`] until the pack is finished: only whole pages can go past the page cache.
    written_bytes: u64,
}

impl PackFile {
    pub fn new(folder: Arc<Folder>, temp: TempFile) -> Self {
        Self { folder, temp, buffer: Vec::new(), written_bytes: 0 }
    }

    fn write(&mut self, data: &[u8]) -> Result<()> {
        let written = self.temp.write_all_at(data, self.written_bytes);
        written.map_err(|error| self.folder.error("write", "a pack", error))?;
        self.written_bytes += data.len() as u64;
        Ok(())
    }

    fn write_buffer(&mut self) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer)?;
        buffer.clear();
        self.buffer = buffer;
        Ok(())
    }
}

impl crate::PendingPack for PackFile {
    fn append(&mut self, mut data: &[u8]) -> Result<()> {
        if self.buffer.capacity() == 0 {
            self.buffer.reserve_exact(BUFFER_BYTES);
        }
        if !self.buffer.is_empty() {
            let (fitting, rest) = data.split_at(data.len().min(BUFFER_BYTES - self.buffer.len()));
            self.buffer.extend_from_slice(fitting);
            data = rest;
            if self.buffer.len() == BUFFER_BYTES {
                self.write_buffer()?;
            }
        }
        let (whole, rest) = data.split_at(data.len() - data.len() % BUFFER_BYTES);
        if !whole.is_empty() {
            self.write(whole)?;
        }
        self.buffer.extend_from_slice(rest);
        Ok(())
    }

    fn finish(mut self: Box<Self>, id: Id) -> Result<()> {
        self.write_buffer()?;
        let Self { folder, temp, written_bytes, .. } = *self;
        folder.accept_pack(temp, id, written_bytes)
    }
}
