//! What all workers of one backup share.

use parking_lot::Mutex;
use rempart_chunker::Chunker;
use rempart_format::{FileTime, LocalZone};
use rempart_model::BlobId;
use rempart_repository::{BlobSink, BlobSource};
use rustix::io::Errno;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Backup;
use super::cache::{CacheRun, RecordRef};
use super::dir::Subtree;
use super::error::BackupError;
use super::hardlink::HardLinks;
use super::options::Options;
use super::progress::{Observer, Progress};
use super::queue::Queue;
use super::report::{Counts, Problem, ProblemKind, Report};
use super::source::Owners;
use crate::cancel::CancelToken;

pub(crate) struct Run<'r> {
    pub(crate) options: &'r Options,
    pub(crate) sink: &'r dyn BlobSink,
    pub(crate) source: Option<&'r dyn BlobSource>,
    pub(crate) chunker: &'r Chunker,
    pub(crate) observer: &'r dyn Observer,
    pub(crate) wants_items: bool,
    pub(crate) progress: &'r Progress,
    pub(crate) cancel: &'r CancelToken,
    pub(crate) cache: Option<&'r CacheRun>,
    /// What changed at this moment or later may have changed again since the parent read it.
    pub(crate) trusted_before: Option<FileTime>,
    pub(crate) owners: Owners,
    pub(crate) zone: LocalZone,
    pub(crate) queue: Queue,
    pub(crate) hardlinks: HardLinks,
    pub(crate) counts: Counts,
    pub(crate) problems: Mutex<Problems>,
    stopped: AtomicBool,
    end: Mutex<Option<Result<Root, BackupError>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) list: Vec<Problem>,
    pub(crate) count: u64,
}

/// The finished tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root {
    pub(crate) tree: BlobId,
    pub(crate) record: Option<RecordRef>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(backup: &'r Backup<'r>, cache: Option<&'r CacheRun>, workers: usize) -> Self {
        let old = cache.and_then(|cache| cache.old.as_ref());
        Self {
            options: backup.options,
            sink: backup.sink,
            source: backup.source,
            chunker: backup.chunker,
            wants_items: backup.observer.wants_items(),
            observer: backup.observer,
            progress: backup.progress,
            cancel: backup.cancel,
            cache,
            trusted_before: old.map(|old| old.trusted_before).or(backup.options.parent_started),
            owners: Owners::load(),
            zone: LocalZone::system(),
            // One batch between two workers, and one that waits, keep all busy while one of them reads a large file. Who
            // is alone has nobody to hand a batch to.
            queue: Queue::new(if workers > 1 { workers.div_ceil(2) + 1 } else { 0 }),
            hardlinks: HardLinks::default(),
            counts: Counts::default(),
            problems: Mutex::default(),
            stopped: AtomicBool::new(false),
            end: Mutex::new(None),
        }
    }

    /// Notes something that is not stored as it should be, and tells at once.
    pub(crate) fn problem(&self, path: Vec<u8>, kind: ProblemKind) {
        let problem = Problem { path, kind };
        self.observer.problem(&problem);
        self.progress.problems.fetch_add(1, Ordering::Relaxed);
        let mut problems = self.problems.lock();
        problems.count += 1;
        if problems.list.len() < Report::LISTED_PROBLEMS {
            problems.list.push(problem);
        }
    }

    /// The same for a failed system call.
    pub(crate) fn failed(&self, path: Vec<u8>, operation: &'static str, errno: Errno) {
        let kind = match errno {
            Errno::NOENT => ProblemKind::Vanished,
            // The name is a symbolic link, or no directory, by now.
            Errno::LOOP | Errno::NOTDIR | Errno::NXIO => ProblemKind::ChangedType,
            errno => ProblemKind::Unreadable { operation, errno: errno.raw_os_error() },
        };
        self.problem(path, kind);
    }

    /// Ends the run without a tree. The first reason counts.
    pub(crate) fn fail(&self, error: BackupError) {
        let mut end = self.end.lock();
        if !matches!(&*end, Some(Err(_))) {
            *end = Some(Err(error));
        }
        drop(end);
        self.stop();
    }

    /// The root directory is done.
    pub(crate) fn finish(&self, root: Subtree) {
        let root = match root {
            Subtree::Unchanged(tree, record) => Ok(Root { tree, record: Some(record) }),
            Subtree::Stored { tree, record, .. } => Ok(Root { tree, record }),
            Subtree::Failed => Err(BackupError::Empty),
        };
        self.end.lock().get_or_insert(root);
        self.stop();
    }

    /// A directory is listed, or the sources that the run begins with.
    pub(crate) fn scan_done(&self) {
        if self.queue.scan_done() {
            self.progress.walk_finished.store(true, Ordering::Relaxed);
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.queue.close();
    }

    /// Whether workers shall leave: done, failed or canceled. Asked before each task.
    pub(crate) fn is_stopped(&self) -> bool {
        if self.cancel.is_canceled() && !self.stopped.load(Ordering::Acquire) {
            self.fail(BackupError::Canceled);
        }
        self.stopped.load(Ordering::Acquire)
    }

    pub(crate) fn into_end(self) -> (Result<Root, BackupError>, Counts, Problems) {
        let end = self.end.into_inner().unwrap_or(Err(BackupError::Internal { what: "the walk ended without a root" }));
        (end, self.counts, self.problems.into_inner())
    }

    /// Whether an entry may have changed since the parent run read it without its times telling.
    pub(crate) fn is_racy(&self, changed: FileTime) -> bool {
        self.trusted_before.is_some_and(|before| changed >= before)
    }
}
