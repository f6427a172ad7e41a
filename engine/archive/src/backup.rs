//! Backup: a source tree, or a stream, becomes a tree in a repository.
//!
//! ```text
//!   walk ──▶ unchanged? (change cache, parent snapshot) ──yes──▶ content or whole tree taken over
//!              │no
//!              ▼
//!   read once into a batch ──▶ hash together ──▶ claim ──▶ compress what is wanted ──▶ put
//!              │
//!              ▼
//!   directory complete ──▶ its tree joins a batch of trees ──▶ … ──▶ root tree
//! ```
//! Every worker does all of it; a task is a directory to list, some files to read, or a batch of chunks that the worker
//! who read them has no time for. `run` stores everything but the snapshot, which the caller commits:
//!
//! ```no_run
//! # fn example(sink: &dyn rempart_repository::BlobSink, source: &dyn rempart_repository::BlobSource,
//! #   chunker: &rempart_chunker::Chunker, snapshot: impl Fn(rempart_model::BlobId) -> rempart_format::Snapshot)
//! #   -> Result<(), Box<dyn std::error::Error>> {
//! use rempart_archive::backup::{self, Backup, NoObserver, Options, Progress};
//! use rempart_archive::cancel::CancelToken;
//!
//! let report = backup::run(
//!     Backup {
//!         sink,
//!         source: Some(source),
//!         parent_tree: None,
//!         cache: None,
//!         chunker,
//!         options: &Options::default(),
//!         progress: &Progress::new(),
//!         observer: &NoObserver,
//!         cancel: &CancelToken::new(),
//!     },
//!     &["/home/ann".into()],
//! )?;
//! sink.commit(&snapshot(report.tree))?;
//! // Then, with the repository's index files as they are now: report.cache.publish(&index_ids)
//! # Ok(()) }
//! ```

mod admit;
mod batch;
mod blocks;
mod cache;
mod count;
mod cut;
mod dir;
mod dry_run;
mod error;
mod exclude;
mod finish;
mod hardlink;
mod listing;
mod long_tree;
mod options;
mod plant;
mod previous;
mod progress;
mod queue;
mod read;
mod report;
mod run;
mod scan;
mod source;
mod stream;
mod targets;
#[cfg(test)]
mod tests;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rempart_chunker::Chunker;
use rempart_format::FileTime;
use rempart_model::BlobId;
use rempart_repository::{BlobSink, BlobSource};

use crate::cancel::CancelToken;
use cache::CacheRun;
use dir::{Dir, Previous};
use run::Run;
use targets::Target;
use worker::Worker;

pub use cache::{ChangeCacheLocation, UnpublishedCache};
pub use dry_run::DryRunSink;
pub use error::{BackupError, Result};
pub use exclude::{ExcludeTag, Excludes, InvalidExcludeTag, PatternFileError, read_pattern_file};
pub use options::{ChangeDetection, DeviceIds, Options};
pub use progress::{Change, Item, NoObserver, Observer, Progress};
pub use rempart_format::Compression;
pub use report::{Problem, ProblemKind, Report, Summary};
pub use stream::Stream;

/// Everything a backup works with, but for what is backed up.
pub struct Backup<'r> {
    pub sink: &'r dyn BlobSink,
    /// Reads the parent snapshot's trees and knows what is stored. Without it there is no parent.
    pub source: Option<&'r dyn BlobSource>,
    /// The root tree of the parent snapshot: what is unchanged since is not read again.
    pub parent_tree: Option<BlobId>,
    /// The change cache, which spares reading the parent snapshot.
    pub cache: Option<ChangeCacheLocation>,
    pub chunker: &'r Chunker,
    pub options: &'r Options,
    pub progress: &'r Progress,
    pub observer: &'r dyn Observer,
    pub cancel: &'r CancelToken,
}

/// Backs up files and directories. Fails only where no tree comes of it; what goes wrong with single files is in the
/// report. Relative sources are relative to the current directory.
pub fn run(backup: Backup<'_>, sources: &[PathBuf]) -> Result<Report> {
    if sources.is_empty() {
        return Err(BackupError::NoTargets);
    }
    raise_open_files_limit();
    let started = now();
    let target = Target::resolve(sources)?;
    let cache = match &backup.cache {
        Some(location) => Some(CacheRun::open(location, sources, backup.options)?),
        None => None,
    };
    let reuses = backup.options.changes != ChangeDetection::Force;
    let old_root = cache.as_ref().and_then(|cache| cache.old.as_ref()).map(|old| Previous::Record(old.root));
    let parent_root = backup.parent_tree.filter(|_| backup.source.is_some()).map(Previous::Tree);
    let previous = old_root.or(parent_root).filter(|_| reuses).unwrap_or(Previous::Nothing);
    let mut report = counted_beside(&backup, &target, || {
        perform(&backup, cache.as_ref(), |worker| {
            let root = Arc::new(Dir::new(None, b"/".to_vec(), previous));
            worker.plant(root, &target)
        })
    })?;
    if let Some(cache) = cache {
        // A cache that cannot be written costs time at the next run, and nothing else.
        report.0.cache = cache.finish(report.1, started).unwrap_or_else(|error| {
            tracing::warn!(%error, "the change cache cannot be written");
            None
        });
    }
    Ok(report.0)
}

/// Backs up one stream as one file.
pub fn run_stream(backup: Backup<'_>, mut stream: Stream<'_>) -> Result<Report> {
    let report = perform(&backup, None, |worker| {
        let root = Arc::new(Dir::new(None, b"/".to_vec(), Previous::Nothing));
        worker.read_stream(root, &mut stream)
    })?;
    Ok(report.0)
}

/// Performs while a thread of its own counts what there is, where that is asked for and not known.
fn counted_beside<T>(backup: &Backup<'_>, target: &Target, perform: impl FnOnce() -> T) -> T {
    let (options, progress) = (backup.options, backup.progress);
    if !options.count_ahead || !progress.expects_nothing() {
        return perform();
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let counts = || {
            if let Some(count::Counted { files, bytes }) = count::count(target, &options.excludes, &over) {
                progress.expect(files, bytes);
            }
        };
        // A run without an end in sight is as good a backup.
        let started = std::thread::Builder::new().name("backup count".to_owned()).spawn_scoped(scope, counts);
        if let Err(error) = started {
            tracing::info!(%error, "how long the backup takes is not foretold");
        }
        let _over = Over(&over);
        perform()
    })
}

/// Ends the counting with the run, also with one that panics.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Starts the workers; the first one, on this thread, begins by `begin`.
fn perform(
    backup: &Backup<'_>,
    cache: Option<&CacheRun>,
    begin: impl FnOnce(&mut Worker<'_, '_>) -> Result<()>,
) -> Result<(Report, Option<cache::RecordRef>)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = backup.options.read_concurrency.map_or(cores, usize::from);
    let run = Run::new(backup, cache, workers);
    std::thread::scope(|scope| {
        for number in 1..workers {
            let run = &run;
            let started = std::thread::Builder::new().name(format!("backup {number}")).spawn_scoped(scope, move || {
                let _guard = Guard { run };
                match Worker::new(run, number) {
                    Ok(mut worker) => worker.work(),
                    Err(error) => run.fail(error),
                }
            });
            if let Err(source) = started {
                run.fail(BackupError::Thread { source });
            }
        }
        let _guard = Guard { run: &run };
        match Worker::new(&run, 0) {
            Ok(mut worker) => match begin(&mut worker) {
                Ok(()) => {
                    run.scan_done();
                    worker.work();
                }
                Err(error) => run.fail(error),
            },
            Err(error) => run.fail(error),
        }
    });
    let (end, counts, problems) = run.into_end();
    let root = end?;
    let report = Report {
        tree: root.tree,
        summary: counts.summary(),
        problems: problems.list,
        problems_count: problems.count,
        cache: None,
    };
    Ok((report, root.record))
}

/// Lets the other workers go when one of them panics, so that the panic reaches the caller.
struct Guard<'g, 'r> {
    run: &'g Run<'r>,
}

impl Drop for Guard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.run.fail(BackupError::Internal { what: "a worker panicked" });
        }
    }
}

fn now() -> FileTime {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    FileTime { seconds: now.tv_sec, nanoseconds: now.tv_nsec as u32 }
}

/// Directories on the way to where workers are stay open; deep trees have many.
fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}
