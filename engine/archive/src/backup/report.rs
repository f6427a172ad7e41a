//! What a backup leaves to say: the tree it made, what was counted, what went wrong.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rempart_format::{SnapshotSummary, WallTime};
use rempart_model::{BlobId, Outcome};

use super::cache::UnpublishedCache;

/// A finished backup, of which everything is stored but the snapshot.
#[derive(Debug)]
pub struct Report {
    /// The snapshot's root tree.
    pub tree: BlobId,
    pub summary: Summary,
    /// What is missing in the tree, or not as it should be; the first [`Report::LISTED_PROBLEMS`] of them.
    pub problems: Vec<Problem>,
    /// How many problems there were in all.
    pub problems_count: u64,
    /// The change cache for the next run: publish it once the snapshot is committed.
    pub cache: Option<UnpublishedCache>,
}

impl Report {
    /// A tree that vanishes while it is walked would fill memory with names otherwise.
    pub const LISTED_PROBLEMS: usize = 100_000;

    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.problems_count == 0 { Outcome::Succeeded } else { Outcome::Warning }
    }
}

/// Counts of one run, as restic's snapshot summary has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub files_new: u64,
    pub files_changed: u64,
    pub files_unmodified: u64,
    pub dirs_new: u64,
    pub dirs_changed: u64,
    pub dirs_unmodified: u64,
    pub data_blobs: u64,
    pub tree_blobs: u64,
    /// Plaintext bytes of new blobs.
    pub data_added_bytes: u64,
    /// The same as stored: compressed and sealed.
    pub data_added_packed_bytes: u64,
    pub total_files_processed: u64,
    pub total_bytes_processed: u64,
    /// Bytes that were read from the source.
    pub bytes_read: u64,
}

impl Summary {
    /// As the snapshot keeps it, and as whoever asked for the backup is told.
    #[must_use]
    pub const fn in_snapshot(&self, backup_start: WallTime, backup_end: WallTime) -> SnapshotSummary {
        SnapshotSummary {
            backup_start,
            backup_end,
            files_new: self.files_new,
            files_changed: self.files_changed,
            files_unmodified: self.files_unmodified,
            dirs_new: self.dirs_new,
            dirs_changed: self.dirs_changed,
            dirs_unmodified: self.dirs_unmodified,
            data_blobs: self.data_blobs,
            tree_blobs: self.tree_blobs,
            data_added: self.data_added_bytes,
            data_added_packed: self.data_added_packed_bytes,
            total_files_processed: self.total_files_processed,
            total_bytes_processed: self.total_bytes_processed,
        }
    }
}

/// Something that is not stored as it should be. The snapshot is kept, and says so nowhere: the report does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub path: Vec<u8>,
    pub kind: ProblemKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// It was there when its directory was read, and was gone when we came to it. Not in the snapshot.
    Vanished,
    /// It could not be read. Not in the snapshot.
    Unreadable { operation: &'static str, errno: i32 },
    /// It was written to while it was read. In the snapshot as it was read, which may be a mixture.
    ChangedWhileRead,
    /// It became something else (a file a pipe, a directory a link) before it was opened. Not in the snapshot.
    ChangedType,
    /// Content is in the snapshot, an extended attribute is not.
    XattrUnreadable { name: Vec<u8>, errno: i32 },
    /// Content is in the snapshot, its access time is not.
    AtimeUnreadable { errno: i32 },
    /// A type of file that the format has no word for. Not in the snapshot.
    UnknownType { mode: u32 },
    /// A tag file of `--exclude-if-present` could not be read, or has another header: the directory was kept.
    ExcludeTag { reason: &'static str, errno: Option<i32> },
    /// A tree of the parent snapshot cannot be read: what it describes was read again, and the repository may be damaged.
    ParentTreeUnreadable { reason: String },
    /// Content that the parent snapshot names is not in the repository; the file was read again.
    ContentMissing,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(&self.path);
        let os = |errno: i32| std::io::Error::from_raw_os_error(errno);
        match &self.kind {
            ProblemKind::Vanished => write!(f, "{path}: not there when it was to be read"),
            ProblemKind::Unreadable { operation, errno } => write!(f, "{path}: cannot {operation}: {}", os(*errno)),
            ProblemKind::ChangedWhileRead => write!(f, "{path}: changed while it was read; stored as it was read"),
            ProblemKind::ChangedType => write!(f, "{path}: became something else before it was read; left out"),
            ProblemKind::XattrUnreadable { name, errno } => {
                write!(f, "{path}: cannot read the attribute {}: {}", String::from_utf8_lossy(name), os(*errno))
            }
            ProblemKind::AtimeUnreadable { errno } => write!(f, "{path}: cannot read the access time: {}", os(*errno)),
            ProblemKind::UnknownType { mode } => write!(f, "{path}: a file of unknown type (mode {mode:o}); left out"),
            ProblemKind::ExcludeTag { reason, errno } => {
                write!(f, "{path}: {reason}")?;
                errno.map_or(Ok(()), |errno| write!(f, ": {}", os(errno)))
            }
            ProblemKind::ParentTreeUnreadable { reason } => {
                write!(f, "{path}: its tree in the parent snapshot cannot be read ({reason}); reading everything again")
            }
            ProblemKind::ContentMissing => {
                write!(f, "{path}: parts of its content are not in the repository any more; stored again")
            }
        }
    }
}

/// The summary while it grows, from all threads.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) files: Changes,
    pub(crate) dirs: Changes,
    pub(crate) data_blobs: AtomicU64,
    pub(crate) tree_blobs: AtomicU64,
    pub(crate) added_bytes: AtomicU64,
    pub(crate) added_packed_bytes: AtomicU64,
    pub(crate) processed_bytes: AtomicU64,
    pub(crate) read_bytes: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) new: AtomicU64,
    pub(crate) changed: AtomicU64,
    pub(crate) unmodified: AtomicU64,
}

impl Changes {
    pub(crate) fn count(&self, change: super::Change) {
        match change {
            super::Change::New => &self.new,
            super::Change::Changed => &self.changed,
            super::Change::Unmodified => &self.unmodified,
        }
        .fetch_add(1, Relaxed);
    }
}

impl Counts {
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary {
            files_new: self.files.new.load(Relaxed),
            files_changed: self.files.changed.load(Relaxed),
            files_unmodified: self.files.unmodified.load(Relaxed),
            dirs_new: self.dirs.new.load(Relaxed),
            dirs_changed: self.dirs.changed.load(Relaxed),
            dirs_unmodified: self.dirs.unmodified.load(Relaxed),
            data_blobs: self.data_blobs.load(Relaxed),
            tree_blobs: self.tree_blobs.load(Relaxed),
            data_added_bytes: self.added_bytes.load(Relaxed),
            data_added_packed_bytes: self.added_packed_bytes.load(Relaxed),
            total_files_processed: 0,
            total_bytes_processed: self.processed_bytes.load(Relaxed),
            bytes_read: self.read_bytes.load(Relaxed),
        };
        summary.total_files_processed = summary.files_new + summary.files_changed + summary.files_unmodified;
        summary
    }
}
