//! What is shown while a restore runs.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rempart_archive::restore::{Action, Problem, RestoreObserver};
use rempart_format::NodeKind;
use serde::Serialize;

use crate::output::{Output, Verbosity};
use crate::progress::{Sample, Unit, Watched};

/// Counts for the painter; lists entries where that is wanted, and problems always.
pub struct RestoreWatch<'a> {
    out: &'a Output,
    is_dry_run: bool,
    /// What the whole snapshot holds, where all of it is restored.
    whole_bytes: Option<u64>,
    planned_entries: AtomicU64,
    planned_bytes: AtomicU64,
    done_bytes: AtomicU64,
    problems: AtomicU64,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    action: &'static str,
    item: &'a str,
    size: u64,
}

#[derive(Serialize)]
struct StatusLine {
    message_type: &'static str,
    seconds_elapsed: u64,
    percent_done: f64,
    total_files: u64,
    total_bytes: u64,
    bytes_restored: u64,
    error_count: u64,
}

impl<'a> RestoreWatch<'a> {
    pub fn new(out: &'a Output, is_dry_run: bool, whole_bytes: Option<u64>) -> Self {
        Self {
            out,
            is_dry_run,
            whole_bytes,
            planned_entries: AtomicU64::new(0),
            planned_bytes: AtomicU64::new(0),
            done_bytes: AtomicU64::new(0),
            problems: AtomicU64::new(0),
        }
    }

    fn lists_entries(&self) -> bool {
        let enough = if self.is_dry_run { Verbosity::Normal } else { Verbosity::Everything };
        self.out.is_at_least(enough)
    }
}

/// The words of restic's messages, and ours where it has none.
const fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "restored",
        Action::Replace => "replaced",
        Action::Update => "updated",
        Action::Describe => "metadata restored",
        Action::Unchanged => "unchanged",
        Action::Keep => "skipped",
        Action::Delete => "deleted",
    }
}

impl RestoreObserver for RestoreWatch<'_> {
    fn planned(&self, entries: u64, bytes: u64) {
        self.planned_entries.fetch_add(entries, Ordering::Relaxed);
        self.planned_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn progress(&self, bytes: u64) {
        self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn wants_entries(&self) -> bool {
        self.lists_entries()
    }

    fn entry(&self, path: &[u8], _: Option<NodeKind>, action: Action, bytes: u64) {
        if self.out.is_json() {
            let line = EntryLine { action: word(action), item: &String::from_utf8_lossy(path), size: bytes };
            let _ = self.out.message("verbose_status", line);
        } else if action != Action::Unchanged || self.out.is_at_least(Verbosity::Everything) {
            let prefix = if self.is_dry_run { "would be " } else { "" };
            let _ = self.out.line([prefix.as_bytes(), word(action).as_bytes(), b"  ", path].concat());
        }
    }

    fn problem(&self, problem: &Problem) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        let mut message = format!("cannot {}", problem.doing);
        let mut cause = problem.source();
        while let Some(error) = cause {
            message.push_str(&format!(": {error}"));
            cause = error.source();
        }
        self.out.item_error("restore", &problem.path, &message);
    }
}

impl Watched for RestoreWatch<'_> {
    fn sample(&self) -> Sample {
        let planned = self.planned_bytes.load(Ordering::Relaxed);
        let entries = self.planned_entries.load(Ordering::Relaxed);
        let problems = self.problems.load(Ordering::Relaxed);
        Sample {
            unit: Unit::Bytes,
            done: self.done_bytes.load(Ordering::Relaxed),
            total: Some(self.whole_bytes.map_or(planned, |whole| whole.max(planned))),
            total_is_final: self.whole_bytes.is_some(),
            text: if problems > 0 {
                format!("{entries} entries, {problems} errors")
            } else {
                format!("{entries} entries")
            },
            current: Vec::new(),
        }
    }

    fn status(&self, elapsed: Duration) -> serde_json::Value {
        let sample = self.sample();
        serde_json::json!(StatusLine {
            message_type: "status",
            seconds_elapsed: elapsed.as_secs(),
            percent_done: sample.share_done(),
            total_files: self.planned_entries.load(Ordering::Relaxed),
            total_bytes: sample.total.unwrap_or_default(),
            bytes_restored: sample.done,
            error_count: self.problems.load(Ordering::Relaxed),
        })
    }
}
