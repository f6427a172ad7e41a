//! How far a backup is: counters that workers add to and anybody may look at, and the observer of single items.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;

use super::report::Problem;

/// Counters of a backup in progress. Share it with the thread that paints; reading it disturbs nobody.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files, and the bytes in them, that the walk has come across so far.
    pub files_found: AtomicU64,
    pub bytes_found: AtomicU64,
    /// The walk is over: what was found is all there is.
    pub walk_finished: AtomicBool,
    /// What is known before the walk is over, by an earlier run or by counting: see [`Progress::expect`].
    files_expected: AtomicU64,
    bytes_expected: AtomicU64,
    /// Files (bytes) that are dealt with: unchanged, or read.
    pub files_done: AtomicU64,
    pub bytes_done: AtomicU64,
    pub dirs_done: AtomicU64,
    /// What the repository did not hold yet, as it is and as it is stored.
    pub added_bytes: AtomicU64,
    pub added_packed_bytes: AtomicU64,
    pub problems: AtomicU64,
    current: Mutex<Vec<CurrentFile>>,
}

#[derive(Debug)]
struct CurrentFile {
    worker: usize,
    path: Vec<u8>,
}

impl Progress {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Files, and the bytes in them, that there will be as far as somebody knows who has seen them: the last run.
    pub fn expect(&self, files: u64, bytes: u64) {
        self.files_expected.store(files, Relaxed);
        self.bytes_expected.store(bytes, Relaxed);
    }

    pub(crate) fn expects_nothing(&self) -> bool {
        self.files_expected.load(Relaxed) == 0
    }

    /// How many files there are in all, and bytes in them. `None` while nobody knows: the walk is only a little ahead of the
    /// reading, what it has found says nothing of what is to come.
    #[must_use]
    pub fn totals(&self) -> Option<(u64, u64)> {
        let (files, bytes) = (self.files_found.load(Relaxed), self.bytes_found.load(Relaxed));
        if self.walk_finished.load(Relaxed) {
            return Some((files, bytes));
        }
        let expected = (self.files_expected.load(Relaxed), self.bytes_expected.load(Relaxed));
        (expected.0 > 0).then(|| (files.max(expected.0), bytes.max(expected.1)))
    }

    /// The files being read now, one a worker at most; empty unless `Options::track_current_files`.
    #[must_use]
    pub fn current_files(&self) -> Vec<Vec<u8>> {
        self.current.lock().iter().map(|file| file.path.clone()).collect()
    }

    pub(crate) fn set_current(&self, worker: usize, fill: impl FnOnce(&mut Vec<u8>)) {
        let mut current = self.current.lock();
        let index = current.iter().position(|file| file.worker == worker).unwrap_or_else(|| {
            current.push(CurrentFile { worker, path: Vec::new() });
            current.len() - 1
        });
        current[index].path.clear();
        fill(&mut current[index].path);
    }

    pub(crate) fn clear_current(&self, worker: usize) {
        self.current.lock().retain(|file| file.worker != worker);
    }

    pub(crate) fn added(&self, bytes: u64, packed_bytes: u64) {
        self.added_bytes.fetch_add(bytes, Relaxed);
        self.added_packed_bytes.fetch_add(packed_bytes, Relaxed);
    }

    pub(crate) fn file_found(&self, bytes: u64) {
        self.files_found.fetch_add(1, Relaxed);
        self.bytes_found.fetch_add(bytes, Relaxed);
    }
}

/// What became of an item, against the parent snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    New,
    Changed,
    Unmodified,
}

/// A finished item.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its path in the snapshot, in two parts: the directory (`/` at its end), and the name.
    pub directory: &'a [u8],
    pub name: &'a [u8],
    pub is_dir: bool,
    pub size_bytes: u64,
    pub change: Change,
}

/// Who is told of single items, from any worker thread: be quick.
pub trait Observer: Sync {
    /// Whether [`Observer::item`] is wanted; asked once, at the start.
    fn wants_items(&self) -> bool {
        false
    }
    fn item(&self, item: &Item<'_>) {
        let _ = item;
    }
    /// Something was not stored as it should be, the moment it is noticed. The report lists it too.
    fn problem(&self, problem: &Problem) {
        let _ = problem;
    }
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {}
