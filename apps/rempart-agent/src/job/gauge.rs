//! How far a job is, and whether it is to stop: written by its threads, looked at by the channel.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use parking_lot::Mutex;
use rempart_archive::backup::Progress as BackupProgress;
use rempart_model::{CancelToken, JobProgress, RunCounters};

/// Why a job is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked the server.
    Canceled,
    /// The server gave it to somebody else.
    LeaseLost,
    AgentStops,
}

pub struct Gauge {
    begun: Instant,
    pub cancel: CancelToken,
    why: Mutex<Option<Why>>,
    step: Mutex<&'static str>,
    /// The engine's own counters, where the job is a backup.
    pub backup: BackupProgress,
    pub files_total: AtomicU64,
    pub files_done: AtomicU64,
    pub bytes_total: AtomicU64,
    pub bytes_done: AtomicU64,
    pub problems: AtomicU64,
    current: Mutex<Option<String>>,
}

impl Gauge {
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            cancel: CancelToken::new(),
            why: Mutex::new(None),
            step: Mutex::new("preparing"),
            backup: BackupProgress::new(),
            files_total: AtomicU64::new(0),
            files_done: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            bytes_done: AtomicU64::new(0),
            problems: AtomicU64::new(0),
            current: Mutex::new(None),
        }
    }

    /// The first reason counts.
    pub fn stop(&self, why: Why) {
        self.why.lock().get_or_insert(why);
        self.cancel.cancel();
    }

    pub fn stopped(&self) -> Option<Why> {
        *self.why.lock()
    }

    pub fn step(&self, step: &'static str) {
        *self.step.lock() = step;
    }

    /// What is being written now.
    pub fn current(&self, path: String) {
        *self.current.lock() = Some(path);
    }

    pub fn progress(&self) -> JobProgress {
        let backup = &self.backup;
        let sum = |own: &AtomicU64, engine: &AtomicU64| own.load(Relaxed) + engine.load(Relaxed);
        let (files, bytes) = backup.totals().unwrap_or_default();
        let counters = RunCounters {
            files_total: self.files_total.load(Relaxed) + files,
            files_done: sum(&self.files_done, &backup.files_done),
            bytes_total: self.bytes_total.load(Relaxed) + bytes,
            bytes_done: sum(&self.bytes_done, &backup.bytes_done),
            added_bytes: backup.added_bytes.load(Relaxed),
            stored_bytes: backup.added_packed_bytes.load(Relaxed),
            problem_count: sum(&self.problems, &backup.problems),
            ..RunCounters::default()
        };
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = if seconds > 0.2 { counters.bytes_done as f64 / seconds } else { 0.0 };
        let left_bytes = counters.bytes_total.saturating_sub(counters.bytes_done);
        let reading = backup.current_files();
        let reading = reading.iter().map(|path| String::from_utf8_lossy(path).into_owned());
        JobProgress {
            step: (*self.step.lock()).to_owned(),
            eta_seconds: (rate >= 1.0 && left_bytes > 0).then(|| (left_bytes as f64 / rate).ceil() as u64),
            rate_bytes_per_second: rate as u64,
            counters,
            current_files: reading.chain(self.current.lock().clone()).take(CURRENT_FILES).collect(),
        }
    }
}

/// More is told to nobody.
const CURRENT_FILES: usize = 16;
