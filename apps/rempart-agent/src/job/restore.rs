//! A restore: a snapshot of the server, or a part of it, becomes files of this machine.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use rempart_archive::browse;
use rempart_archive::pattern::{Case, Patterns};
use rempart_archive::restore::{
    self as engine, Action, Filter, Problem, RestoreObserver, RestoreOptions, RestoreSummary, RunMode,
};
use rempart_format::NodeKind;
use rempart_model::Outcome;
use rempart_protocol::order::{Problems, RestoreChange, RestoreChanges, RestoreCounts, RestoreOrder, RestoreOutcome};
use rempart_repository::BlobSource;

use super::fault::Fault;
use super::gauge::Gauge;
use super::{Done, path};
use crate::session::{Session, chain};

struct Watch<'a> {
    gauge: &'a Gauge,
    changes: Mutex<RestoreChanges>,
    problems: Mutex<(Problems, bool)>,
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

    fn entry(&self, path: &[u8], _: Option<NodeKind>, action: Action, size_bytes: u64) {
        self.gauge.files_done.fetch_add(1, Relaxed);
        if action == Action::Unchanged {
            return;
        }
        let path = String::from_utf8_lossy(path).into_owned();
        self.gauge.current(path.clone());
        self.changes.lock().add(RestoreChange { path, action: action.as_str().to_owned(), size_bytes });
    }

    fn problem(&self, problem: &Problem) {
        self.gauge.problems.fetch_add(1, Relaxed);
        let mut problems = self.problems.lock();
        problems.0.add(path::problem(&problem.path, "unrestored", &chain(problem)));
        problems.1 |= problem.is_full();
    }
}

pub fn run(order: &RestoreOrder, session: &Session, gauge: &Gauge) -> Result<Done, Fault> {
    let source = session.source();
    let paths: Vec<PathBuf> = order.paths.iter().map(|path| path::of_text(path)).collect();
    let paths: Vec<&[u8]> = paths.iter().map(|path| path.as_os_str().as_bytes()).collect();
    for path in &paths {
        browse::resolve(&source, order.tree, path)?;
    }
    let target = target(order, &source)?;
    let options = RestoreOptions {
        mode: if order.dry_run { RunMode::Show } else { RunMode::Execute },
        filter: Filter { include: only(&paths)?, exclude: Patterns::default() },
        overwrite: order.overwrite,
        delete: order.delete,
        verify: order.verify,
        ..RestoreOptions::default()
    };
    gauge.step("restoring");
    let watch = Watch { gauge, changes: Mutex::default(), problems: Mutex::default() };
    let place = browse::resolve(&source, order.tree, b"")?;
    let report = engine::restore(&source, &place, &target, &options, &watch, &gauge.cancel)?;
    let (problems, is_full) = watch.problems.into_inner();
    let outcome = RestoreOutcome {
        dry_run: order.dry_run,
        target: target.to_string_lossy().into_owned(),
        counts: counts(&report.summary),
        problems,
        changes: watch.changes.into_inner(),
        is_full,
    };
    let details = serde_json::to_value(&outcome).map_err(|error| Fault::own(&error.to_string()))?;
    if report.canceled {
        return Err(Fault::new("job.canceled", "stopped on request").with(details));
    }
    // A session that broke shows as files that could not be read: the job has failed, not those files.
    if let Some(fault) = session.fault() {
        return Err(Fault::from(fault).with(details));
    }
    let count = outcome.problems.count;
    if is_full {
        let message = format!("{count} entries could not be brought back: the target has no room left");
        return Err(Fault::new("restore.full", message).with(details));
    }
    if let Err(fault) = session.finish() {
        // Everything is brought back; that the server was not told so by this way, the result tells.
        tracing::debug!(%fault, "the end of a restore was not acknowledged");
    }
    Ok(Done {
        outcome: if count == 0 { Outcome::Succeeded } else { Outcome::Warning },
        code: (count > 0).then_some("restore.incomplete"),
        message: (count > 0).then(|| format!("{count} entries are not brought back as they should be")),
        details,
    })
}

/// The folder that the root of the snapshot becomes.
fn target(order: &RestoreOrder, source: &dyn BlobSource) -> Result<PathBuf, Fault> {
    if let Some(target) = &order.target {
        let path = path::of_text(target);
        if path.is_absolute() {
            return Ok(path);
        }
        return Err(Fault::new("restore.target", format!("the target {target} is not absolute: begin it with /")));
    }
    // In place: what the tree calls /etc must be what the machine calls /etc. A snapshot of relative paths has no such root.
    for named in &order.source_paths {
        // What was no UTF-8 is told by the snapshot as U+FFFD: as far as it can be read it must be there.
        let readable = match named.find(char::REPLACEMENT_CHARACTER) {
            Some(at) => &named[..named[..at].rfind('/').unwrap_or(0)],
            None => named,
        };
        if !named.starts_with('/') || browse::resolve(source, order.tree, readable.as_bytes()).is_err() {
            let message = format!("{named} cannot go back where it came from: name a target");
            return Err(Fault::new("restore.not_in_place", message));
        }
    }
    Ok(PathBuf::from("/"))
}

/// Patterns that match these paths and what lies in them, and nothing else.
fn only(paths: &[&[u8]]) -> Result<Patterns, Fault> {
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
        patterns.push(&pattern, Case::Sensitive).map_err(|error| Fault::own(&chain(&error)))?;
    }
    Ok(patterns)
}

const fn counts(summary: &RestoreSummary) -> RestoreCounts {
    RestoreCounts {
        created: summary.created,
        replaced: summary.replaced,
        updated: summary.updated,
        described: summary.described,
        unchanged: summary.unchanged,
        kept: summary.kept,
        deleted: summary.deleted,
        files: summary.files,
        directories: summary.directories,
        total_bytes: summary.total_bytes,
        written_bytes: summary.written_bytes,
        verified: summary.verified,
    }
}
