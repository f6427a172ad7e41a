//! What a restore tells: events while it runs, and a report at its end.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rempart_format::NodeKind;
use rempart_repository::BlobError;

use crate::browse::{BrowseError, shown};

/// What was done to an entry, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was not there.
    Create,
    /// Something else was there and had to go.
    Replace,
    /// A file whose content differed was changed in place.
    Update,
    /// Its content was right; owner, mode, times or extended attributes were not.
    Describe,
    Unchanged,
    /// Left alone, as the overwrite policy says.
    Keep,
    /// In the target and not in the snapshot.
    Delete,
}

impl Action {
    /// For programs that read reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Describe => "describe",
            Self::Unchanged => "unchanged",
            Self::Keep => "keep",
            Self::Delete => "delete",
        }
    }
}

/// Told while a restore runs, from several threads.
pub trait RestoreObserver: Sync {
    /// More work was found: entries, and bytes of content they have.
    fn planned(&self, _entries: u64, _bytes: u64) {}
    /// Bytes of content that were written, or found to be right.
    fn progress(&self, _bytes: u64) {}
    /// Whether [`RestoreObserver::entry`] is of interest: its paths cost something to make.
    fn wants_entries(&self) -> bool {
        false
    }
    /// An entry is done. `path` begins with `/` at the root of what is restored.
    fn entry(&self, _path: &[u8], _kind: Option<NodeKind>, _action: Action, _bytes: u64) {}
    /// An entry, or a part of it, could not be restored. It is in the report as well.
    fn problem(&self, _problem: &Problem) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;
impl RestoreObserver for NoObserver {}

/// One thing that could not be done for one entry.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {path}", path = shown(.path))]
pub struct Problem {
    /// From the root of what is restored, beginning with `/`.
    pub path: Vec<u8>,
    /// As in "cannot *create* /etc/passwd".
    pub doing: &'static str,
    #[source]
    pub cause: Cause,
}

#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The repository does not give the content.
    #[error(transparent)]
    Source(Arc<BlobError>),
    /// The snapshot's trees cannot be read there.
    #[error(transparent)]
    Browse(#[from] Box<BrowseError>),
    #[error("{0}")]
    Refused(&'static str),
    /// A second look found other bytes than the snapshot's.
    #[error("its content differs from the snapshot's from byte {at_byte} on")]
    Differs { at_byte: u64 },
    #[error("it has {actual_bytes} bytes where the snapshot says {expected_bytes}")]
    Length { expected_bytes: u64, actual_bytes: u64 },
}

impl Problem {
    /// Whether the target has no room left.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(&self.cause, Cause::Io(error)
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// Why a restore could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("cannot make or open the target directory {target}")]
    Target { target: PathBuf, source: io::Error },
    #[error(
        "deleting in {target} needs an include or exclude pattern: whatever the snapshot does not hold would be lost"
    )]
    DeleteInRoot { target: PathBuf },
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// Counts of one restore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestoreSummary {
    pub created: u64,
    pub replaced: u64,
    pub updated: u64,
    pub described: u64,
    pub unchanged: u64,
    pub kept: u64,
    pub deleted: u64,
    /// Regular files among created, replaced, updated, described and unchanged.
    pub files: u64,
    pub directories: u64,
    /// Content of those files, each hard link counted once.
    pub total_bytes: u64,
    /// What was written of it.
    pub written_bytes: u64,
    /// Files whose content was read again and was right.
    pub verified: u64,
    pub problems: u64,
}

/// How a restore ended.
#[derive(Debug, Default)]
pub struct RestoreReport {
    pub summary: RestoreSummary,
    /// The first [`RestoreReport::PROBLEMS_KEPT`] of them; `summary.problems` counts all.
    pub problems: Vec<Problem>,
    pub canceled: bool,
}

impl RestoreReport {
    pub const PROBLEMS_KEPT: usize = 100_000;
}

/// Gathers the report from all threads.
pub(super) struct Reporter<'a> {
    observer: &'a dyn RestoreObserver,
    wants_entries: bool,
    by_action: [AtomicU64; 7],
    files: AtomicU64,
    directories: AtomicU64,
    total_bytes: AtomicU64,
    written_bytes: AtomicU64,
    verified: AtomicU64,
    problem_count: AtomicU64,
    problems: Mutex<Vec<Problem>>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(observer: &'a dyn RestoreObserver) -> Self {
        Self {
            observer,
            wants_entries: observer.wants_entries(),
            by_action: Default::default(),
            files: AtomicU64::new(0),
            directories: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            verified: AtomicU64::new(0),
            problem_count: AtomicU64::new(0),
            problems: Mutex::default(),
        }
    }

    pub(super) fn planned(&self, entries: u64, bytes: u64) {
        self.observer.planned(entries, bytes);
    }

    /// Content written.
    pub(super) fn wrote(&self, bytes: u64) {
        self.written_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.observer.progress(bytes);
    }

    /// Content found to be right already.
    pub(super) fn found(&self, bytes: u64) {
        self.observer.progress(bytes);
    }

    pub(super) fn verified(&self) {
        self.verified.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn entry(&self, path: impl FnOnce() -> Vec<u8>, kind: Option<NodeKind>, action: Action, bytes: u64) {
        self.by_action[action as usize].fetch_add(1, Ordering::Relaxed);
        if !matches!(action, Action::Keep | Action::Delete) {
            match kind {
                Some(NodeKind::File) => {
                    self.files.fetch_add(1, Ordering::Relaxed);
                    self.total_bytes.fetch_add(bytes, Ordering::Relaxed);
                }
                Some(NodeKind::Dir) => {
                    self.directories.fetch_add(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
        if self.wants_entries {
            self.observer.entry(&path(), kind, action, bytes);
        }
    }

    pub(super) fn problem(&self, path: Vec<u8>, doing: &'static str, cause: impl Into<Cause>) {
        let problem = Problem { path, doing, cause: cause.into() };
        self.problem_count.fetch_add(1, Ordering::Relaxed);
        self.observer.problem(&problem);
        let mut problems = self.problems.lock();
        if problems.len() < RestoreReport::PROBLEMS_KEPT {
            problems.push(problem);
        }
    }

    pub(super) fn finish(self, canceled: bool) -> RestoreReport {
        let count = |action: Action| self.by_action[action as usize].load(Ordering::Relaxed);
        let summary = RestoreSummary {
            created: count(Action::Create),
            replaced: count(Action::Replace),
            updated: count(Action::Update),
            described: count(Action::Describe),
            unchanged: count(Action::Unchanged),
            kept: count(Action::Keep),
            deleted: count(Action::Delete),
            files: self.files.load(Ordering::Relaxed),
            directories: self.directories.load(Ordering::Relaxed),
            total_bytes: self.total_bytes.load(Ordering::Relaxed),
            written_bytes: self.written_bytes.load(Ordering::Relaxed),
            verified: self.verified.load(Ordering::Relaxed),
            problems: self.problem_count.load(Ordering::Relaxed),
        };
        RestoreReport { summary, problems: self.problems.into_inner(), canceled }
    }
}
