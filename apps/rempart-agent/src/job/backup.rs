//! A backup: folders of this machine become a snapshot of the server.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_archive::backup::{
    self as engine, ChangeCacheLocation, ChangeDetection, ExcludeTag, Excludes, Observer, Options, Problem, ProblemKind,
};
use rempart_archive::pattern::{Case, Patterns};
use rempart_chunker::{Chunker, Polynomial};
use rempart_format::FileTime;
use rempart_model::{Compression, Outcome};
use rempart_protocol::order::{BackupOrder, BackupOutcome, BackupSummary, CommitRequest, Problems};

use super::fault::Fault;
use super::gauge::Gauge;
use super::{Done, path};
use crate::session::Session;

/// Gathers problems as they are noticed: they are told also where no snapshot comes of the run.
#[derive(Default)]
struct Watch {
    problems: Mutex<Problems>,
}

impl Observer for Watch {
    fn problem(&self, problem: &Problem) {
        self.problems.lock().add(path::problem(&problem.path, word(&problem.kind), &problem.to_string()));
    }
}

const fn word(kind: &ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Vanished => "vanished",
        ProblemKind::Unreadable { .. } => "unreadable",
        ProblemKind::ChangedWhileRead => "changed",
        ProblemKind::ChangedType => "changedType",
        ProblemKind::XattrUnreadable { .. } => "attribute",
        ProblemKind::AtimeUnreadable { .. } => "time",
        ProblemKind::UnknownType { .. } => "unknownType",
        ProblemKind::ExcludeTag { .. } => "excludeTag",
        ProblemKind::ParentTreeUnreadable { .. } => "parentDamaged",
        ProblemKind::ContentMissing => "contentMissing",
    }
}

pub fn run(order: &BackupOrder, session: &Session, gauge: &Gauge, folder: &Path) -> Result<Done, Fault> {
    let watch = Watch::default();
    match store(order, session, gauge, folder, &watch) {
        Ok(outcome) => {
            let is_whole = outcome.problems.count == 0;
            let count = outcome.problems.count;
            Ok(Done {
                outcome: if is_whole { Outcome::Succeeded } else { Outcome::Warning },
                code: (!is_whole).then_some("backup.incomplete"),
                message: (!is_whole).then(|| format!("{count} entries are not stored as they should be")),
                details: details(&outcome)?,
            })
        }
        Err(fault) => {
            let problems = watch.problems.into_inner();
            Err(fault.with(details(&BackupOutcome { problems, ..BackupOutcome::default() })?))
        }
    }
}

fn details(outcome: &BackupOutcome) -> Result<serde_json::Value, Fault> {
    serde_json::to_value(outcome).map_err(|error| Fault::own(&error.to_string()))
}

fn store(
    order: &BackupOrder,
    session: &Session,
    gauge: &Gauge,
    folder: &Path,
    watch: &Watch,
) -> Result<BackupOutcome, Fault> {
    let begun_at = Timestamp::now();
    let options = options(order)?;
    let chunker = Polynomial::new(order.chunker_polynomial).map(Chunker::new);
    let chunker = chunker.map_err(|error| Fault::new("repository.damaged", error.to_string()))?;
    let (sink, source) = (session.sink(), session.source());
    if let Some(parent) = order.parent {
        gauge.backup.expect(parent.files, parent.bytes);
    }
    gauge.step("reading");
    let work = engine::Backup {
        sink: &sink,
        source: Some(&source),
        parent_tree: order.parent.map(|parent| parent.tree),
        cache: Some(change_cache(order, folder)),
        chunker: &chunker,
        options: &options,
        progress: &gauge.backup,
        observer: watch,
        cancel: &gauge.cancel,
    };
    let sources: Vec<PathBuf> = order.sources.folders.iter().map(|folder| path::of_text(folder)).collect();
    if let Some(relative) = sources.iter().find(|path| !path.is_absolute()) {
        let message = format!("the folder {} is not absolute: begin it with /", relative.display());
        return Err(Fault::new("backup.failed", message));
    }
    let mut report = engine::run(work, &sources)?;
    gauge.step("committing");
    let summary = summary(&report.summary);
    let problems = watch.problems.lock().clone();
    let request = CommitRequest {
        tree: report.tree,
        begun_at,
        ended_at: Timestamp::now(),
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        summary,
        problems: problems.clone(),
    };
    let (snapshot, indexes) = session.commit(&request)?;
    // Without the index files' names the next run could not tell that all of it is still there.
    if let Some(cache) = report.cache.take().filter(|_| !indexes.is_empty())
        && let Err(error) = cache.publish(&indexes)
    {
        tracing::warn!(%error, "the next backup will be slower: the change cache was not kept");
    }
    Ok(BackupOutcome { snapshot: Some(snapshot), summary, problems })
}

fn options(order: &BackupOrder) -> Result<Options, Fault> {
    let sources = &order.sources;
    Ok(Options {
        excludes: Excludes {
            patterns: Patterns::parse(&sources.excludes, Case::Sensitive)?,
            tags: if sources.exclude_caches { vec![ExcludeTag::caches()] } else { Vec::new() },
            larger_than_bytes: sources.exclude_larger_than_bytes,
            one_file_system: sources.one_file_system,
        },
        compression: match order.compression {
            Compression::Auto => engine::Compression::Auto,
            Compression::Off => engine::Compression::Off,
            Compression::Fast => engine::Compression::Fast,
            Compression::Max => engine::Compression::Max,
        },
        changes: if order.read_everything { ChangeDetection::Force } else { ChangeDetection::Full },
        track_current_files: true,
        count_ahead: true,
        parent_started: order.parent.map(|parent| file_time(parent.started_at)),
        ..Options::default()
    })
}

fn file_time(at: Timestamp) -> FileTime {
    let nanoseconds = at.as_nanosecond();
    FileTime {
        // A timestamp's range is far within that of 64 bits of seconds.
        seconds: nanoseconds.div_euclid(1_000_000_000) as i64,
        nanoseconds: nanoseconds.rem_euclid(1_000_000_000) as u32,
    }
}

/// One folder for each repository: what is known to be stored in one says nothing about another.
fn change_cache(order: &BackupOrder, folder: &Path) -> ChangeCacheLocation {
    ChangeCacheLocation {
        directory: folder.join("changes").join(order.repository.to_string()),
        scope: order.cache_scope.clone().into_bytes(),
        index_ids: order.indexes.clone(),
    }
}

const fn summary(counted: &engine::Summary) -> BackupSummary {
    BackupSummary {
        files_new: counted.files_new,
        files_changed: counted.files_changed,
        files_unmodified: counted.files_unmodified,
        dirs_new: counted.dirs_new,
        dirs_changed: counted.dirs_changed,
        dirs_unmodified: counted.dirs_unmodified,
        data_blobs: counted.data_blobs,
        tree_blobs: counted.tree_blobs,
        data_added_bytes: counted.data_added_bytes,
        data_added_packed_bytes: counted.data_added_packed_bytes,
        total_files_processed: counted.total_files_processed,
        total_bytes_processed: counted.total_bytes_processed,
    }
}
