//! The folder of one repository in the local cache. Everything in it can be made anew: failures are logged, and the
//! work goes on without.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rempart_model::{Id, RepositoryId};

/// Tells backup programs to pass over the folder (https://bford.info/cachedir/).
const TAG: &[u8] =
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds caches of rempart and can be deleted.\n";

/// `<cache>/<repository id>`: private to its user.
#[derive(Debug, Clone)]
pub(crate) struct CacheDir {
    root: PathBuf,
}

/// What is kept, each in its own folder.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shelf {
    Segments,
    Snapshots,
}

impl Shelf {
    const ALL: [Self; 2] = [Self::Segments, Self::Snapshots];
    const fn folder(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Snapshots => "snapshots",
        }
    }
}

impl CacheDir {
    /// Makes the folders. `None` (and a warning) where that is not possible.
    pub(crate) fn open(caches: &Path, repository: RepositoryId) -> Option<Self> {
        let root = caches.join(repository.to_string());
        let made = Shelf::ALL
            .iter()
            .try_for_each(|shelf| DirBuilder::new().recursive(true).mode(0o700).create(root.join(shelf.folder())))
            .and_then(|()| tag(caches));
        match made {
            Ok(()) => Some(Self { root }),
            Err(error) => {
                tracing::warn!(path = %root.display(), %error, "working without a local cache");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    fn file(&self, shelf: Shelf, id: &Id) -> PathBuf {
        self.root.join(shelf.folder()).join(id.to_string())
    }

    pub(crate) fn list(&self, shelf: Shelf) -> Vec<Id> {
        let Ok(entries) = fs::read_dir(self.root.join(shelf.folder())) else { return Vec::new() };
        entries.filter_map(|entry| Id::from_hex(entry.ok()?.file_name().as_encoded_bytes()).ok()).collect()
    }

    pub(crate) fn open_file(&self, shelf: Shelf, id: &Id) -> io::Result<File> {
        File::open(self.file(shelf, id))
    }

    pub(crate) fn read(&self, shelf: Shelf, id: &Id) -> Option<Vec<u8>> {
        fs::read(self.file(shelf, id)).ok()
    }

    pub(crate) fn remove(&self, shelf: Shelf, id: &Id) {
        let _ = fs::remove_file(self.file(shelf, id));
    }

    /// Stores a file whole: under a temporary name, then renamed. Returns it open for reading.
    pub(crate) fn store(&self, shelf: Shelf, id: &Id, fill: impl FnOnce(File) -> io::Result<File>) -> io::Result<File> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(shelf.folder()).join(format!("tmp-{}-{number}", std::process::id()));
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let stored = fill(file).and_then(|file| {
            fs::rename(&temporary, self.file(shelf, id))?;
            Ok(file)
        });
        if stored.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        stored
    }

    pub(crate) fn write(&self, shelf: Shelf, id: &Id, bytes: &[u8]) {
        let stored = self.store(shelf, id, |mut file| file.write_all(bytes).map(|()| file));
        if let Err(error) = stored {
            tracing::warn!(path = %self.root.display(), %error, "cannot write to the local cache");
        }
    }

    /// Removes what writers that died left behind under temporary names.
    pub(crate) fn sweep(&self) {
        for shelf in Shelf::ALL {
            let Ok(entries) = fs::read_dir(self.root.join(shelf.folder())) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let pid = name.to_str().and_then(|name| name.strip_prefix("tmp-")?.split('-').next()?.parse().ok());
                if pid.is_some_and(crate::identity::is_dead) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }
}

fn tag(caches: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(caches.join("CACHEDIR.TAG")) {
        Ok(mut file) => file.write_all(TAG),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(folder.path(), RepositoryId::new([1; 32])).unwrap();
        let id = Id::new([2; 32]);
        let failed = cache.store(Shelf::Segments, &id, |mut file| {
            file.write_all(b"half")?;
            Err(io::Error::other("power is gone"))
        });
        assert!(failed.is_err());
        assert!(cache.read(Shelf::Segments, &id).is_none(), "half a file appeared");
        assert_eq!(fs::read_dir(cache.path().join("segments")).unwrap().count(), 0, "a temporary file stayed");
        cache.write(Shelf::Segments, &id, b"whole");
        assert_eq!(cache.read(Shelf::Segments, &id).as_deref(), Some(&b"whole"[..]));
        assert_eq!(cache.list(Shelf::Segments), [id]);
    }

    #[test]
    fn a_place_that_takes_no_cache_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(CacheDir::open(&file, RepositoryId::new([1; 32])).is_none());
    }
}
