//! A backup: folders of this machine become a snapshot.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_archive::backup::{
    self as engine, ChangeCacheLocation, ChangeDetection, ExcludeTag, Excludes, Observer, Options, Problem, ProblemKind,
};
use rempart_archive::pattern::{Case, Patterns};
use rempart_chunker::{Chunker, Polynomial};
use rempart_format::{FileTime, LocalZone, Snapshot, WallTime};
use rempart_model::{Compression, SnapshotId, Sources};
use rempart_repository::{BlobSink as _, Repository, StoredSnapshot, Writer, WriterLock, WriterOptions};

use super::{gauge::Gauge, lock};
use crate::browse::{path_bytes, readable_path};
use crate::trouble::{Result, Trouble, table};

/// What is backed up, and what the snapshot says about it.
#[derive(Debug, Clone)]
pub struct BackupTask {
    pub sources: Sources,
    pub compression: Compression,
    pub host_name: String,
    /// All tags of the snapshot, those included by which it is found again.
    pub tags: Vec<String>,
    /// Snapshots with this tag belong together: the newest is the parent.
    pub parent_tag: String,
    /// Keeps the change cache of one plan apart from those of others.
    pub cache_scope: String,
    /// Also what looks unchanged is read.
    pub read_everything: bool,
}

/// A backup whose snapshot is committed.
#[derive(Debug)]
pub struct BackupDone {
    pub snapshot: StoredSnapshot,
    /// All of them; the first [`PROBLEMS_KEPT`] were told by name.
    pub problem_count: u64,
    pub parent: Option<SnapshotId>,
}

/// Something that is not stored as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// As the explorer writes it.
    pub path: String,
    /// A word such as `unreadable`.
    pub kind: Cow<'static, str>,
    /// For [`crate::localised`].
    pub message: String,
}

/// How many problems of one run are kept by name. All are counted.
pub const PROBLEMS_KEPT: usize = 10_000;

/// Gathers problems as they are noticed: they are told also where no snapshot comes of the run.
#[derive(Default)]
struct Watch {
    problems: Mutex<Vec<FileProblem>>,
}

impl Observer for Watch {
    fn problem(&self, problem: &Problem) {
        let mut problems = self.problems.lock();
        if problems.len() < PROBLEMS_KEPT {
            problems.push(told(problem));
        }
    }
}

/// In a word, and in a sentence for readers of both languages.
fn told(problem: &Problem) -> FileProblem {
    let os = |errno: i32| std::io::Error::from_raw_os_error(errno);
    let detailed = |sentence, errno| Trouble::new(sentence).with("detail", os(errno));
    let (kind, trouble) = match &problem.kind {
        ProblemKind::Vanished => ("vanished", Trouble::new(&table::PROBLEM_VANISHED)),
        ProblemKind::Unreadable { errno, .. } => ("unreadable", detailed(&table::PROBLEM_UNREADABLE, *errno)),
        ProblemKind::ChangedWhileRead => ("changed", Trouble::new(&table::PROBLEM_CHANGED)),
        ProblemKind::ChangedType => ("changedType", Trouble::new(&table::PROBLEM_CHANGED_TYPE)),
        ProblemKind::XattrUnreadable { name, errno } => {
            ("attribute", detailed(&table::PROBLEM_ATTRIBUTE, *errno).with("name", readable_path(name)))
        }
        ProblemKind::AtimeUnreadable { errno } => ("time", detailed(&table::PROBLEM_TIME, *errno)),
        ProblemKind::UnknownType { mode } => {
            ("unknownType", Trouble::new(&table::PROBLEM_UNKNOWN_TYPE).with("mode", format!("{mode:o}")))
        }
        ProblemKind::ExcludeTag { reason, errno } => {
            let detail = errno.map_or((*reason).to_owned(), |errno| os(errno).to_string());
            ("excludeTag", Trouble::new(&table::PROBLEM_EXCLUDE_TAG).with("detail", detail))
        }
        ProblemKind::ParentTreeUnreadable { reason } => {
            ("parentDamaged", Trouble::new(&table::PROBLEM_PARENT).with("detail", reason))
        }
        ProblemKind::ContentMissing => ("contentMissing", Trouble::new(&table::PROBLEM_CONTENT)),
    };
    FileProblem { path: readable_path(&problem.path), kind: kind.into(), message: trouble.told().encode() }
}

/// Runs it. `before_commit` is told the problems once everything is stored and before the snapshot makes it count: a
/// process that dies behind the commit has left them in the catalog. It is also told where the run ends without a snapshot.
pub fn run(
    repository: &Repository,
    task: &BackupTask,
    gauge: &Gauge,
    before_commit: &dyn Fn(&[FileProblem]) -> Result<()>,
) -> Result<BackupDone> {
    let begun = Timestamp::now();
    let mut options = options(task)?;
    let files = folders(task);
    if files.is_empty() {
        return Err(Trouble::new(&table::BACKUP_NO_SOURCES));
    }
    // The lock first: what is read from here on cannot be pruned away.
    let held = lock::shared(repository, &gauge.cancel)?;
    let parent = parent(repository, task)?;
    options.parent_started = parent.as_ref().map(started);
    if let Some(last) = parent.as_ref().and_then(|parent| parent.snapshot.summary.as_ref()) {
        gauge.backup.expect(last.total_files_processed, last.total_bytes_processed);
    }
    let writer = repository.writer(WriterLock::Held(held), WriterOptions::default())?;
    let chunker = Polynomial::new(repository.chunker_polynomial()).map(Chunker::new);
    let chunker = chunker.map_err(|error| Trouble::new(&table::REPOSITORY_DAMAGED).because(error))?;
    let watch = Watch::default();
    gauge.step("reading");
    let work = engine::Backup {
        sink: &writer,
        source: Some(repository),
        parent_tree: parent.as_ref().map(|parent| parent.snapshot.tree),
        cache: change_cache(repository, task)?,
        chunker: &chunker,
        options: &options,
        progress: &gauge.backup,
        observer: &watch,
        cancel: &gauge.cancel,
    };
    let mut report = match engine::run(work, &files) {
        Ok(report) => report,
        Err(error) => {
            let told = before_commit(&watch.problems.into_inner());
            keep_what_is_stored(writer);
            told?;
            return Err(error.into());
        }
    };
    gauge.step("committing");
    before_commit(&watch.problems.into_inner())?;
    if gauge.cancel.is_canceled() {
        keep_what_is_stored(writer);
        return Err(Trouble::new(&table::JOB_CANCELED));
    }
    let snapshot = snapshot(task, &report, parent.as_ref(), begun);
    let id = writer.commit(&snapshot)?;
    if let Some(cache) = report.cache.take() {
        let published = repository.index_ids().map_err(Trouble::from).and_then(|ids| Ok(cache.publish(&ids)?));
        if let Err(error) = published {
            tracing::warn!(%error, "the next backup will be slower: the change cache was not kept");
        }
    }
    Ok(BackupDone {
        snapshot: StoredSnapshot { id, snapshot },
        problem_count: report.problems_count,
        parent: parent.map(|parent| parent.id),
    })
}

/// The snapshot that carries this tag: a run that was committed by a worker that died before it could say so.
pub fn find_by_tag(repository: &Repository, tag: &str) -> Result<Option<StoredSnapshot>> {
    let (snapshots, _) = repository.snapshots_lenient()?;
    Ok(snapshots.into_iter().rev().find(|stored| stored.snapshot.tags.iter().any(|own| own == tag)))
}

/// The folders of a plan, which writes them as the explorer does.
fn folders(task: &BackupTask) -> Vec<PathBuf> {
    task.sources.folders.iter().map(|path| PathBuf::from(OsString::from_vec(path_bytes(path)))).collect()
}

/// As a snapshot names them: text, like restic.
pub(crate) fn paths(task: &BackupTask) -> Vec<String> {
    folders(task).iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

fn options(task: &BackupTask) -> Result<Options> {
    let sources = &task.sources;
    let patterns = Patterns::parse(&sources.excludes, Case::Sensitive).map_err(|error| {
        let trouble = Trouble::new(&table::BACKUP_BAD_PATTERN).with("detail", &error);
        trouble.because(error).field("sources.excludes")
    })?;
    Ok(Options {
        excludes: Excludes {
            patterns,
            tags: if sources.exclude_caches { vec![ExcludeTag::caches()] } else { Vec::new() },
            larger_than_bytes: sources.exclude_larger_than_bytes,
            one_file_system: sources.one_file_system,
        },
        compression: match task.compression {
            Compression::Auto => engine::Compression::Auto,
            Compression::Off => engine::Compression::Off,
            Compression::Fast => engine::Compression::Fast,
            Compression::Max => engine::Compression::Max,
        },
        changes: if task.read_everything { ChangeDetection::Force } else { ChangeDetection::Full },
        track_current_files: true,
        count_ahead: true,
        ..Options::default()
    })
}

/// Why a backup could not use this pattern, for a plan that is about to be stored.
#[must_use]
pub fn pattern_fault(pattern: &str) -> Option<&'static str> {
    Patterns::parse([pattern], Case::Sensitive).err().map(|error| error.reason)
}

/// The newest of the same plan, else of the same host and paths. One that cannot be read is no parent, and no reason to
/// make no backup.
pub(crate) fn parent(repository: &Repository, task: &BackupTask) -> Result<Option<StoredSnapshot>> {
    let sorted = |paths: &[String]| {
        let mut sorted = paths.to_vec();
        sorted.sort();
        sorted
    };
    let wanted = sorted(&paths(task));
    let (mut snapshots, _) = repository.snapshots_lenient()?;
    let of_plan = snapshots.iter().rposition(|stored| stored.snapshot.tags.contains(&task.parent_tag));
    let of_paths = || {
        snapshots
            .iter()
            .rposition(|stored| stored.snapshot.hostname == task.host_name && sorted(&stored.snapshot.paths) == wanted)
    };
    Ok(of_plan.or_else(of_paths).map(|at| snapshots.swap_remove(at)))
}

fn started(parent: &StoredSnapshot) -> FileTime {
    let snapshot = &parent.snapshot;
    let instant = snapshot.summary.as_ref().map_or(snapshot.time.instant, |summary| summary.backup_start.instant);
    let nanoseconds = instant.as_nanosecond();
    FileTime {
        seconds: nanoseconds.div_euclid(1_000_000_000) as i64,
        nanoseconds: nanoseconds.rem_euclid(1_000_000_000) as u32,
    }
}

fn change_cache(repository: &Repository, task: &BackupTask) -> Result<Option<ChangeCacheLocation>> {
    let Some(directory) = repository.cache_dir() else { return Ok(None) };
    Ok(Some(ChangeCacheLocation {
        directory: Path::join(directory, "changes"),
        scope: task.cache_scope.clone().into_bytes(),
        index_ids: repository.index_ids()?,
    }))
}

/// A run that was stopped leaves what it stored in the index, so that the next one need not store it again.
pub(crate) fn keep_what_is_stored(writer: Writer) {
    if let Err(error) = writer.finish() {
        tracing::info!(%error, "what was stored before the failure is not in the index");
    }
}

fn snapshot(task: &BackupTask, report: &engine::Report, parent: Option<&StoredSnapshot>, begun: Timestamp) -> Snapshot {
    let zone = LocalZone::system();
    Snapshot {
        parent: parent.map(|parent| parent.id),
        paths: paths(task),
        hostname: task.host_name.clone(),
        username: "rempart".to_owned(),
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        excludes: task.sources.excludes.clone(),
        tags: task.tags.clone(),
        program_version: Some(concat!("rempart ", env!("CARGO_PKG_VERSION")).to_owned()),
        summary: Some(report.summary.in_snapshot(WallTime::new(begun, &zone), WallTime::now(&zone))),
        ..Snapshot::new(report.tree, WallTime::new(begun, &zone))
    }
}
