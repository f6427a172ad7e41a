//! A restore: a snapshot, or a part of it, becomes files of this machine again.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use rempart_archive::browse;
use rempart_archive::pattern::{Case, Patterns};
use rempart_archive::restore::{
    self as engine, Action, Filter, Problem, RestoreObserver, RestoreOptions, RestoreReport, RunMode,
};
use rempart_format::NodeKind;
use rempart_model::Overwrite;
use rempart_repository::{Repository, StoredSnapshot};
use serde::{Deserialize, Serialize};

use super::{gauge::Gauge, lock};
use crate::browse::path_bytes;
use crate::trouble::{Result, Trouble, chain, table};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreTask {
    /// Paths in the snapshot, as bytes in percent code; empty: everything.
    pub paths: Vec<String>,
    /// A folder, written as the explorer writes paths, below which everything gets its full path; `None`: where the files
    /// came from.
    pub target: Option<String>,
    #[serde(default)]
    pub overwrite: Overwrite,
    /// Also removes, in restored folders, what the snapshot does not hold.
    #[serde(default)]
    pub delete: bool,
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Reads everything again afterwards and compares.
    #[serde(default)]
    pub verify: bool,
}

/// What came of it: the lasting report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreResult {
    pub dry_run: bool,
    pub target: String,
    pub created: u64,
    pub replaced: u64,
    pub updated: u64,
    pub described: u64,
    pub unchanged: u64,
    pub kept: u64,
    pub deleted: u64,
    pub files: u64,
    pub directories: u64,
    pub total_bytes: u64,
    pub written_bytes: u64,
    pub verified: u64,
    pub problem_count: u64,
    pub problems: Vec<RestoreProblem>,
    /// What was, or would be, done to each entry that is not left as it is: the first of them.
    pub changes: Vec<RestoreChange>,
    #[serde(skip)]
    pub is_full: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreProblem {
    pub path: String,
    /// Why, in the engine's words; in a job's result a sentence as [`crate::Told`] stores it.
    pub message: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreChange {
    pub path: String,
    /// `create`, `replace`, `update`, `describe`, `keep`, `delete`.
    pub action: Cow<'static, str>,
    pub size_bytes: u64,
}

const LISTED: usize = 1000;

struct Watch<'a> {
    gauge: &'a Gauge,
    changes: Mutex<Vec<RestoreChange>>,
}

impl RestoreObserver for Watch<'_> {
    fn planned(&self, entries: u64, bytes: u64) {
        self.gauge.files_total.fetch_add(entries, Relaxed);
        self.gauge.bytes_total.fetch_add(bytes, Relaxed);
    }

    fn progress(&self, bytes: u64) {
        self.gauge.bytes_done.fetch_add(bytes, Relaxed);
    }

    fn wants_entries(&self) -> bool {
        true
    }

    fn entry(&self, path: &[u8], _: Option<NodeKind>, action: Action, bytes: u64) {
        self.gauge.files_done.fetch_add(1, Relaxed);
        if action == Action::Unchanged {
            return;
        }
        let mut changes = self.changes.lock();
        if changes.len() < LISTED {
            let path = String::from_utf8_lossy(path).into_owned();
            self.gauge.current(path.clone());
            changes.push(RestoreChange { path, action: action.as_str().into(), size_bytes: bytes });
        }
    }

    fn problem(&self, _: &Problem) {
        self.gauge.problems.fetch_add(1, Relaxed);
    }
}

/// Runs it, or shows what it would do.
pub fn run(
    repository: &Repository,
    stored: &StoredSnapshot,
    task: &RestoreTask,
    gauge: &Gauge,
) -> Result<RestoreResult> {
    let _held = lock::shared(repository, &gauge.cancel)?;
    repository.reload_index()?;
    let tree = stored.snapshot.tree;
    let paths: Vec<Vec<u8>> = task.paths.iter().map(|path| path_bytes(path)).collect();
    for path in &paths {
        browse::resolve(repository, tree, path)?;
    }
    let target = target(repository, stored, task)?;
    let options = RestoreOptions {
        mode: if task.dry_run { RunMode::Show } else { RunMode::Execute },
        filter: Filter { include: only(&paths)?, exclude: Patterns::default() },
        overwrite: task.overwrite,
        delete: task.delete,
        verify: task.verify,
        ..RestoreOptions::default()
    };
    gauge.step("restoring");
    let watch = Watch { gauge, changes: Mutex::default() };
    let place = browse::resolve(repository, tree, b"")?;
    let report = engine::restore(repository, &place, &target, &options, &watch, &gauge.cancel)?;
    if report.canceled {
        return Err(Trouble::new(&table::JOB_CANCELED));
    }
    Ok(result(task, &target, &report, watch.changes.into_inner()))
}

/// The folder that the root of the snapshot becomes.
fn target(repository: &Repository, stored: &StoredSnapshot, task: &RestoreTask) -> Result<PathBuf> {
    if let Some(target) = &task.target {
        let path = PathBuf::from(OsString::from_vec(path_bytes(target)));
        if path.is_absolute() {
            return Ok(path);
        }
        let why = "the path must be absolute, beginning with /";
        return Err(Trouble::new(&table::RESTORE_TARGET).with("detail", why).field("target"));
    }
    // In place: what the tree calls /etc must be what the machine calls /etc. A snapshot of relative paths has no such root.
    for source in &stored.snapshot.paths {
        // What was no UTF-8 is told by the snapshot as U+FFFD: as far as it can be read it must be there.
        let readable = match source.find(char::REPLACEMENT_CHARACTER) {
            Some(at) => &source[..source[..at].rfind('/').unwrap_or(0)],
            None => source,
        };
        if !source.starts_with('/') || browse::resolve(repository, stored.snapshot.tree, readable.as_bytes()).is_err() {
            return Err(Trouble::new(&table::RESTORE_IN_PLACE).with("path", source).field("target"));
        }
    }
    Ok(PathBuf::from("/"))
}

/// Patterns that match these paths and what lies in them, and nothing else.
fn only(paths: &[Vec<u8>]) -> Result<Patterns> {
    let mut patterns = Patterns::default();
    for path in paths {
        let mut pattern = Vec::new();
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            pattern.push(b'/');
            for byte in name {
                if br"\[]*?!".contains(byte) {
                    pattern.push(b'\\');
                }
                pattern.push(*byte);
            }
        }
        // The root itself is everything.
        if pattern.is_empty() {
            return Ok(Patterns::default());
        }
        let failed = |error: rempart_archive::pattern::PatternError| Trouble::new(&table::INTERNAL).because(error);
        patterns.push(&pattern, Case::Sensitive).map_err(failed)?;
    }
    Ok(patterns)
}

fn result(task: &RestoreTask, target: &Path, report: &RestoreReport, changes: Vec<RestoreChange>) -> RestoreResult {
    let counts = &report.summary;
    let problem = |problem: &Problem| RestoreProblem {
        path: String::from_utf8_lossy(&problem.path).into_owned(),
        message: chain(&problem.cause),
    };
    RestoreResult {
        dry_run: task.dry_run,
        target: target.to_string_lossy().into_owned(),
        created: counts.created,
        replaced: counts.replaced,
        updated: counts.updated,
        described: counts.described,
        unchanged: counts.unchanged,
        kept: counts.kept,
        deleted: counts.deleted,
        files: counts.files,
        directories: counts.directories,
        total_bytes: counts.total_bytes,
        written_bytes: counts.written_bytes,
        verified: counts.verified,
        problem_count: counts.problems,
        problems: report.problems.iter().take(LISTED).map(problem).collect(),
        changes,
        is_full: report.problems.iter().any(Problem::is_full),
    }
}
