//! A repository in a folder, in restic's layout.
//!
//! Why packs get their names late, and everything else at once: docs/decisions/0002-local-durability.md.

mod files;
mod pending;
mod temporary;
mod write_back;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rempart_model::Id;

use self::files::{Modes, fsync_dir};
use self::pending::{Inserted, PackFile, PendingPacks};
use self::temporary::TempFile;
use crate::error::{past_the_end, taken};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, PendingPack, ReadAdvice, Result, StorageError};

/// Objects in a folder of this machine.
pub struct LocalStore {
    folder: Arc<Folder>,
}

/// What the store shares with the packs being appended to.
struct Folder {
    root: PathBuf,
    location: String,
    modes: Modes,
    pending: PendingPacks,
    /// The config was there once. Should it be gone later, so is the repository: a mount vanished, a disk was pulled.
    config_seen: AtomicBool,
}

impl LocalStore {
    /// Opens a folder, which need not exist yet ([`ObjectStore::create`] makes it).
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let location = root.display().to_string();
        let modes = Modes::like_config(&root);
        Self {
            folder: Arc::new(Folder {
                location,
                modes,
                pending: PendingPacks::default(),
                config_seen: AtomicBool::new(root.join("config").exists()),
                root,
            }),
        }
    }
}

impl Folder {
    fn path(&self, name: ObjectName) -> PathBuf {
        self.root.join(name.to_string())
    }

    fn kind_path(&self, kind: ObjectKind) -> PathBuf {
        self.root.join(kind.folder())
    }

    /// The error of a system call, unless the whole repository is gone, which then is the better thing to say.
    fn error(&self, operation: &'static str, object: impl std::fmt::Display, source: io::Error) -> StorageError {
        if source.kind() == io::ErrorKind::NotFound
            && self.config_seen.load(Ordering::Relaxed)
            && !self.root.join("config").exists()
        {
            return StorageError::new(
                ErrorKind::Other,
                operation,
                object,
                &self.location,
                "the repository was here and is no longer; is its disk still mounted?",
            );
        }
        StorageError::of_io(operation, object, &self.location, source)
    }

    fn open(&self, name: ObjectName) -> Result<Arc<File>> {
        if let Some(file) = self.pending.get(name) {
            return Ok(file);
        }
        // A pack leaves the waiting ones only after it got its name, so it is found in one of the two places.
        let file = File::open(self.path(name)).map_err(|error| self.error("read", name, error))?;
        if name == ObjectName::Config {
            self.config_seen.store(true, Ordering::Relaxed);
        }
        Ok(Arc::new(file))
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(self.modes.dir).create(path)
    }

    /// The folder of an object, made anew where the repository exists and a tool that copied it left empty ones out.
    fn with_dir<T>(&self, dir: &Path, mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        match action() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && dir.starts_with(&self.root) => {
                let vanished = self.config_seen.load(Ordering::Relaxed) && !self.root.join("config").exists();
                if vanished || !self.root.exists() {
                    return Err(error);
                }
                self.make_dir(dir)?;
                if let Some(parent) = dir.parent() {
                    fsync_dir(parent)?;
                }
                action()
            }
            outcome => outcome,
        }
    }

    /// Temporary names lie in the folder of the kind (packs: in `data/` itself, since their own folder follows from a
    /// name they do not have yet): the same file system as the final name, and passed over by every reader.
    fn temporary(&self, dir: &Path) -> io::Result<TempFile> {
        self.with_dir(dir, || TempFile::create_in(dir, self.modes.file))
    }

    /// Gives a durable file its final name. The name taken by the same content is as good.
    fn give_name(&self, temp: &TempFile, name: ObjectName) -> Result<()> {
        let path = self.path(name);
        let dir = path.parent().unwrap_or(&self.root);
        match self.with_dir(dir, || temp.rename_to_free(&path)) {
            Ok(()) => {
                temp.keep();
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match files::same_content(temp.file(), &path).map_err(|error| self.error("write", name, error))? {
                    true => Ok(()),
                    false => Err(taken("write", name, &self.location)),
                }
            }
            Err(error) => Err(self.error("write", name, error)),
        }
    }

    /// A file that is durable before it is visible.
    fn write_at_once(&self, name: ObjectName, data: &[u8]) -> Result<()> {
        let path = self.path(name);
        let dir = path.parent().unwrap_or(&self.root);
        let fail = |error| self.error("write", name, error);
        let temp = self.temporary(dir).map_err(fail)?;
        temp.write_all_at(data, 0).map_err(fail)?;
        temp.seal(self.modes.file).map_err(fail)?;
        temp.file().sync_all().map_err(fail)?;
        self.give_name(&temp, name)?;
        fsync_dir(dir).map_err(fail)?;
        if name == ObjectName::Config {
            self.config_seen.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn begin_pack(&self) -> Result<TempFile> {
        self.temporary(&self.kind_path(ObjectKind::Pack)).map_err(|error| self.error("write", "a pack", error))
    }

    /// Accepts a written pack: readable through this store, named by the next `sync`.
    fn accept_pack(self: &Arc<Self>, temp: TempFile, id: Id, size_bytes: u64) -> Result<()> {
        let name = ObjectName::Named(ObjectKind::Pack, id);
        temp.seal(self.modes.file).map_err(|error| self.error("write", name, error))?;
        let path = self.path(name);
        if path.exists() {
            return match files::same_content(temp.file(), &path) {
                Ok(true) => Ok(()),
                Ok(false) => Err(taken("write", name, &self.location)),
                Err(error) => Err(self.error("write", name, error)),
            };
        }
        match self.pending.insert(id, temp, size_bytes) {
            Ok(Inserted::GroupFull) => self.pending.publish(self),
            Ok(Inserted::Waits | Inserted::SameIsThere) => Ok(()),
            Ok(Inserted::OtherIsThere) => Err(taken("write", name, &self.location)),
            Err(error) => Err(self.error("write", name, error)),
        }
    }

    fn list_dir(&self, dir: &Path, kind: ObjectKind, found: &mut Vec<Listed>) -> Result<()> {
        let fail = |error| self.error("list", kind.folder(), error);
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let error = fail(error);
                return if error.is_not_found() { Ok(()) } else { Err(error) };
            }
            // A stray file beside the folders of `data/`.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(()),
            Err(error) => return Err(fail(error)),
        };
        for entry in entries {
            let entry = entry.map_err(fail)?;
            let file_name = entry.file_name();
            let Ok(id) = Id::from_hex(file_name.as_encoded_bytes()) else {
                if !temporary::is_temporary(&file_name) {
                    tracing::warn!(path = %entry.path().display(), "passing over a file that is no object");
                }
                continue;
            };
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => found.push(Listed { id, size_bytes: metadata.len() }),
                Ok(_) => tracing::warn!(path = %entry.path().display(), "passing over what is no file"),
                // Removed by somebody else meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(fail(error)),
            }
        }
        Ok(())
    }
}

impl ObjectStore for LocalStore {
    fn location(&self) -> &str {
        &self.folder.location
    }

    fn create(&self) -> Result<()> {
        let folder = &*self.folder;
        let make = |path: &Path| {
            folder
                .make_dir(path)
                .map_err(|error| StorageError::of_io("create", path.display(), &folder.location, error))
        };
        make(&folder.root)?;
        for kind in ObjectKind::ALL {
            make(&folder.kind_path(kind))?;
        }
        for first in 0..=u8::MAX {
            make(&folder.kind_path(ObjectKind::Pack).join(format!("{first:02x}")))?;
        }
        let durable = fsync_dir(&folder.kind_path(ObjectKind::Pack)).and_then(|()| fsync_dir(&folder.root));
        durable.map_err(|error| folder.error("create", "the folders", error))
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        let folder = &*self.folder;
        let mut found = Vec::new();
        if kind != ObjectKind::Pack {
            folder.list_dir(&folder.kind_path(kind), kind, &mut found)?;
            return Ok(found);
        }
        let pending = folder.pending.list();
        let data = folder.kind_path(kind);
        // A missing `data/` is either an empty repository or a vanished one, and `list_dir` tells which.
        if !data.exists() {
            folder.list_dir(&data, kind, &mut found)?;
        }
        for first in 0..=u8::MAX {
            folder.list_dir(&data.join(format!("{first:02x}")), kind, &mut found)?;
        }
        if !pending.is_empty() {
            // A pack may have got its name between the two looks.
            let named: std::collections::HashSet<Id> = found.iter().map(|listed| listed.id).collect();
            found.extend(pending.into_iter().filter(|listed| !named.contains(&listed.id)));
        }
        Ok(found)
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        let file = self.folder.open(name)?;
        let metadata = file.metadata().map_err(|error| self.folder.error("read", name, error))?;
        Ok(metadata.len())
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        let file = self.folder.open(name)?;
        files::read_whole(&file).map(Bytes::from).map_err(|error| self.folder.error("read", name, error))
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        let file = self.folder.open(name)?;
        let size_bytes = file.metadata().map_err(|error| self.folder.error("read", name, error))?.len();
        // Asked before the buffer is made: the range may come from a damaged index.
        if offset_bytes.checked_add(len_bytes as u64).is_none_or(|end| end > size_bytes) {
            return Err(past_the_end(name, self.location(), offset_bytes, len_bytes, Some(size_bytes)));
        }
        match files::read_range(&file, offset_bytes, len_bytes) {
            Ok(Some(bytes)) => Ok(bytes.into()),
            Ok(None) => Err(past_the_end(name, self.location(), offset_bytes, len_bytes, None)),
            Err(error) => Err(self.folder.error("read", name, error)),
        }
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        use std::os::unix::fs::FileExt;
        let file = self.folder.open(name)?;
        match file.read_exact_at(buffer, offset_bytes) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let size_bytes = file.metadata().ok().map(|metadata| metadata.len());
                Err(past_the_end(name, self.location(), offset_bytes, buffer.len(), size_bytes))
            }
            Err(error) => Err(self.folder.error("read", name, error)),
        }
    }

    fn read_range_once(
        &self,
        name: ObjectName,
        offset_bytes: u64,
        len_bytes: usize,
        room: &mut Vec<u8>,
    ) -> Result<Range<usize>> {
        let folder = &*self.folder;
        if !rempart_disk::is_worth_it(len_bytes) || folder.pending.get(name).is_some() {
            room.resize(room.len().max(len_bytes), 0);
            self.read_range_into(name, offset_bytes, &mut room[..len_bytes])?;
            return Ok(0..len_bytes);
        }
        let read = rempart_disk::DirectFile::open(&folder.path(name))
            .and_then(|file| file.read_at(offset_bytes, len_bytes, room))
            .map_err(|error| folder.error("read", name, error))?;
        match read.len() == len_bytes {
            true => Ok(read),
            false => Err(past_the_end(name, self.location(), offset_bytes, len_bytes, None)),
        }
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        let ObjectName::Named(ObjectKind::Pack, id) = name else {
            return self.folder.write_at_once(name, &data);
        };
        let temp = self.folder.begin_pack()?;
        temp.write_all_at(&data, 0).map_err(|error| self.folder.error("write", name, error))?;
        self.folder.accept_pack(temp, id, data.len() as u64)
    }

    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        let temp = self.folder.begin_pack()?;
        Ok(Some(Box::new(PackFile::new(self.folder.clone(), temp))))
    }

    fn sync(&self) -> Result<()> {
        self.folder.pending.publish(&self.folder)
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        let folder = &*self.folder;
        if let ObjectName::Named(ObjectKind::Pack, id) = name
            && folder.pending.forget(id)
        {
            return Ok(());
        }
        files::remove(&folder.path(name)).map_err(|error| folder.error("remove", name, error))?;
        if name == ObjectName::Config {
            folder.config_seen.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        if let Ok(file) = self.folder.open(name) {
            files::advise(&file, advice);
        }
    }

    fn rereads_are_cheap(&self) -> bool {
        true
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        files::free_bytes(&self.folder.root)
            .map(Some)
            .map_err(|error| self.folder.error("read", "the free space", error))
    }

    fn create_root(&self) -> Result<()> {
        self.folder.make_dir(&self.folder.root).map_err(|error| self.folder.error("create", "the folder", error))
    }

    fn capacity_bytes(&self) -> Result<Option<u64>> {
        files::capacity_bytes(&self.folder.root)
            .map(Some)
            .map_err(|error| self.folder.error("read", "the capacity", error))
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        let folder = &*self.folder;
        let mut removed = 0;
        let kinds = ObjectKind::ALL.map(|kind| folder.kind_path(kind));
        for dir in kinds.iter().chain([&folder.root]) {
            removed += temporary::remove_stale(dir, older_than)
                .map_err(|error| folder.error("remove", "temporary files", error))?;
        }
        Ok(removed)
    }
}

/// What `open` asks of a file opened for this store elsewhere: writable, new, private.
fn new_file(path: &Path, mode: u32) -> io::Result<File> {
    fs::OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)
}
