//! What is shown while a backup runs.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rempart_archive::backup::{Change, Item, Observer, Problem, Progress};
use serde::Serialize;

use crate::output::{Output, Verbosity};
use crate::progress::{Sample, Unit, Watched};

/// The engine's counters for the painter; items where they are wanted; problems always.
pub struct BackupWatch<'a> {
    out: &'a Output,
    progress: &'a Progress,
    /// The total as it was when it last grew, and when that was.
    total: Mutex<(u64, Instant)>,
}

/// The walk is far ahead of the reading: a total that has not grown for so long is taken for the whole.
const TOTAL_IS_SETTLED_AFTER: Duration = Duration::from_secs(1);

/// restic's `verbose_status`.
#[derive(Serialize)]
struct ItemLine<'a> {
    action: &'static str,
    item: &'a str,
    data_size: u64,
}

/// restic's `status`.
#[derive(Serialize)]
struct StatusLine {
    message_type: &'static str,
    seconds_elapsed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_remaining: Option<u64>,
    percent_done: f64,
    total_files: u64,
    files_done: u64,
    total_bytes: u64,
    bytes_done: u64,
    error_count: u64,
    current_files: Vec<String>,
}

impl<'a> BackupWatch<'a> {
    pub fn new(out: &'a Output, progress: &'a Progress) -> Self {
        Self { out, progress, total: Mutex::new((0, Instant::now())) }
    }

    fn total_is_settled(&self, found_bytes: u64) -> bool {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        if total.0 != found_bytes {
            *total = (found_bytes, Instant::now());
        }
        total.1.elapsed() >= TOTAL_IS_SETTLED_AFTER
    }
}

impl Observer for BackupWatch<'_> {
    fn wants_items(&self) -> bool {
        self.out.is_at_least(Verbosity::Everything)
    }

    fn item(&self, item: &Item<'_>) {
        let path = [item.directory, item.name].concat();
        let action = match item.change {
            Change::New => "new",
            Change::Changed => "modified",
            Change::Unmodified => "unchanged",
        };
        if self.out.is_json() {
            let line = ItemLine { action, item: &String::from_utf8_lossy(&path), data_size: item.size_bytes };
            let _ = self.out.message("verbose_status", line);
        } else {
            let _ = self.out.line([action.as_bytes(), b"  ", &path].concat());
        }
    }

    fn problem(&self, problem: &Problem) {
        // The engine's sentence begins with the path, which is shown by its own here.
        let text = problem.to_string();
        let path = String::from_utf8_lossy(&problem.path);
        let message = text.strip_prefix(&*path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text);
        self.out.item_error("archival", &problem.path, message);
    }
}

impl Watched for BackupWatch<'_> {
    fn sample(&self) -> Sample {
        let progress = self.progress;
        let (done, found) = (progress.files_done.load(Relaxed), progress.files_found.load(Relaxed));
        let problems = progress.problems.load(Relaxed);
        let found_bytes = progress.bytes_found.load(Relaxed);
        let errors = if problems > 0 { format!(", {problems} errors") } else { String::new() };
        Sample {
            unit: Unit::Bytes,
            done: progress.bytes_done.load(Relaxed),
            total: Some(found_bytes),
            total_is_final: progress.walk_finished.load(Relaxed) || self.total_is_settled(found_bytes),
            text: format!("{done} of {found} files{errors}"),
            current: current_files(progress),
        }
    }

    fn status(&self, elapsed: Duration) -> serde_json::Value {
        let sample = self.sample();
        let share = sample.share_done();
        let elapsed_seconds = elapsed.as_secs_f64();
        let remaining = elapsed_seconds * (1.0 - share) / share;
        let everything_done = self.progress.walk_finished.load(Relaxed) && sample.total == Some(sample.done);
        serde_json::json!(StatusLine {
            message_type: "status",
            seconds_elapsed: elapsed.as_secs(),
            seconds_remaining: (sample.total_is_final && remaining.is_finite()).then_some(remaining as u64),
            percent_done: if everything_done { 1.0 } else { share },
            total_files: self.progress.files_found.load(Relaxed),
            files_done: self.progress.files_done.load(Relaxed),
            total_bytes: sample.total.unwrap_or_default(),
            bytes_done: sample.done,
            error_count: self.progress.problems.load(Relaxed),
            current_files: sample.current,
        })
    }
}

fn current_files(progress: &Progress) -> Vec<String> {
    progress.current_files().iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect()
}
