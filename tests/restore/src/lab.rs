//! A place of its own for a test, and restores from its repository.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rempart_archive::browse::{self, Place as In};
use rempart_archive::cancel::CancelToken;
use rempart_archive::restore::{self, RestoreObserver, RestoreOptions, RestoreReport};
use rempart_format::Snapshot;
use rempart_repository::{OpenOptions, Repository};
use rempart_storage::{Location, ObjectStore};
use rempart_tests_support::{Place, Tool};

const PASSWORD: &[u8] = b"correct horse";

/// A source, a repository, and targets.
pub struct Lab {
    place: Place,
    tool: Tool,
}

impl Lab {
    /// With an empty source and an empty repository, made by the tool.
    pub fn new(name: &str, tool: Tool) -> Self {
        let place = Place::new(name);
        tool.init(&place);
        Self { place, tool }
    }

    pub fn source(&self) -> PathBuf {
        self.place.source()
    }

    /// A folder for a restore; not there yet.
    pub fn target(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Backs the source up as the root of a snapshot, and opens what came of it.
    pub fn back_up(&self) -> Opened {
        self.tool.on(&self.place).folder(&self.place.source()).args(["backup", "."]).succeed();
        let repository = self.open();
        let snapshot = repository.latest_snapshot().expect("read the latest snapshot").snapshot.clone();
        Opened { repository, snapshot }
    }

    /// The largest pack file of the repository.
    pub fn largest_pack(&self) -> PathBuf {
        let folders = std::fs::read_dir(self.place.repository().join("data")).expect("list data/");
        let packs = folders.flat_map(|folder| std::fs::read_dir(folder.expect("a folder").path()).expect("list packs"));
        let packs = packs.map(|pack| pack.expect("a pack").path());
        packs.max_by_key(|pack| pack.metadata().map_or(0, |metadata| metadata.len())).expect("a pack")
    }

    pub fn store(&self) -> Arc<dyn ObjectStore> {
        let location: Location = self.place.repository().to_str().expect("a UTF-8 path").parse().expect("a local path");
        rempart_storage::open(&location, &rempart_storage::OpenOptions::default()).expect("open the store")
    }

    pub fn open(&self) -> Repository {
        Repository::open(self.store(), PASSWORD, OpenOptions::default()).expect("open the repository")
    }
}

/// A repository that is open, and its newest snapshot.
pub struct Opened {
    pub repository: Repository,
    pub snapshot: Snapshot,
}

impl Opened {
    /// A place in the snapshot. Sub-paths lie below the folder that was backed up.
    pub fn at(&self, path: &str) -> In {
        browse::resolve(&self.repository, self.snapshot.tree, path.as_bytes())
            .unwrap_or_else(|error| panic!("resolve {path}: {}", explain(&error)))
    }

    pub fn restore(&self, target: &Path, options: &RestoreOptions) -> RestoreReport {
        self.restore_watched(target, options, &restore::NoObserver, &CancelToken::new())
    }

    pub fn restore_watched(
        &self,
        target: &Path,
        options: &RestoreOptions,
        observer: &dyn RestoreObserver,
        cancel: &CancelToken,
    ) -> RestoreReport {
        restore::restore(&self.repository, &self.at("/"), target, options, observer, cancel)
            .unwrap_or_else(|error| panic!("restore into {}: {}", target.display(), explain(&error)))
    }
}

/// An error with all its causes.
pub fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
