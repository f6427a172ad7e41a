//! How far a task is: written by its threads, looked at once a second by whoever tells people.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use parking_lot::Mutex;
use rempart_archive::backup::Progress as BackupProgress;
use rempart_archive::cancel::CancelToken;
use rempart_model::{JobProgress, RunCounters};
use rempart_repository::{MaintenanceObserver, Step};

/// The counters of one task.
pub struct Gauge {
    begun: Instant,
    pub cancel: CancelToken,
    step: Mutex<&'static str>,
    /// The engine's own counters, where the task is a backup.
    pub backup: BackupProgress,
    pub files_total: AtomicU64,
    pub files_done: AtomicU64,
    pub bytes_total: AtomicU64,
    pub bytes_done: AtomicU64,
    pub problems: AtomicU64,
    current: Mutex<Vec<String>>,
}

impl Default for Gauge {
    fn default() -> Self {
        Self::new(CancelToken::new())
    }
}

impl Gauge {
    #[must_use]
    pub fn new(cancel: CancelToken) -> Self {
        Self {
            begun: Instant::now(),
            cancel,
            step: Mutex::new("preparing"),
            backup: BackupProgress::new(),
            files_total: AtomicU64::new(0),
            files_done: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            bytes_done: AtomicU64::new(0),
            problems: AtomicU64::new(0),
            current: Mutex::new(Vec::new()),
        }
    }

    pub fn step(&self, step: &'static str) {
        *self.step.lock() = step;
    }

    /// What is being read or written now.
    pub fn current(&self, path: String) {
        let mut current = self.current.lock();
        current.clear();
        current.push(path);
    }

    /// As events tell it.
    #[must_use]
    pub fn progress(&self) -> JobProgress {
        let backup = &self.backup;
        let sum = |own: &AtomicU64, engine: &AtomicU64| own.load(Relaxed) + engine.load(Relaxed);
        let counters = RunCounters {
            files_total: sum(&self.files_total, &backup.files_found),
            files_done: sum(&self.files_done, &backup.files_done),
            bytes_total: sum(&self.bytes_total, &backup.bytes_found),
            bytes_done: sum(&self.bytes_done, &backup.bytes_done),
            problem_count: sum(&self.problems, &backup.problems),
            ..RunCounters::default()
        };
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = if seconds > 0.2 { counters.bytes_done as f64 / seconds } else { 0.0 };
        let left_bytes = counters.bytes_total.saturating_sub(counters.bytes_done);
        let mut current_files: Vec<String> =
            backup.current_files().iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        current_files.extend(self.current.lock().iter().cloned());
        JobProgress {
            step: (*self.step.lock()).to_owned(),
            eta_seconds: (rate >= 1.0 && left_bytes > 0).then(|| (left_bytes as f64 / rate).ceil() as u64),
            rate_bytes_per_second: rate as u64,
            counters,
            current_files,
        }
    }
}

/// Maintenance counts items of its step in the place of files.
impl MaintenanceObserver for Gauge {
    fn begin(&self, step: Step, total: Option<u64>) {
        self.step(match step {
            Step::ReadIndexes | Step::ListPacks => "reading index",
            Step::WalkTrees => "walking trees",
            Step::ReadPacks => "reading packs",
            Step::CopyBlobs => "copying",
            Step::RepackBlobs => "repacking",
            Step::WriteIndexes => "writing index",
            Step::RemoveIndexes | Step::RemovePacks => "deleting",
        });
        self.files_done.store(0, Relaxed);
        self.files_total.store(total.unwrap_or(0), Relaxed);
    }

    fn advance(&self, _: Step, items: u64) {
        self.files_done.fetch_add(items, Relaxed);
    }

    fn is_canceled(&self) -> bool {
        self.cancel.is_canceled()
    }
}
