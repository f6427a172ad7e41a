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

    /// As events tell it. Totals are 0 while they are not known.
    #[must_use]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn after_reading(found: u64, done: u64) -> Gauge {
        let gauge = Gauge::default();
        gauge.backup.files_found.store(found / 100, Relaxed);
        gauge.backup.files_done.store(done / 100, Relaxed);
        gauge.backup.bytes_found.store(found, Relaxed);
        gauge.backup.bytes_done.store(done, Relaxed);
        gauge
    }

    #[test]
    fn a_first_backup_knows_how_much_there_is_once_it_has_seen_everything() {
        let gauge = after_reading(1_000, 900);
        let counters = gauge.progress().counters;
        assert_eq!((counters.files_total, counters.bytes_total), (0, 0));
        assert_eq!(gauge.progress().eta_seconds, None);

        gauge.backup.walk_finished.store(true, Relaxed);
        let counters = gauge.progress().counters;
        assert_eq!((counters.files_total, counters.bytes_total), (10, 1_000));
    }

    #[test]
    fn the_last_run_says_how_much_to_expect_until_more_is_found() {
        let gauge = after_reading(1_000, 900);
        gauge.backup.expect(50, 5_000);
        let counters = gauge.progress().counters;
        assert_eq!((counters.files_total, counters.bytes_total), (50, 5_000));

        gauge.backup.bytes_found.store(7_000, Relaxed);
        assert_eq!(gauge.progress().counters.bytes_total, 7_000);
        gauge.backup.walk_finished.store(true, Relaxed);
        gauge.backup.bytes_found.store(4_000, Relaxed);
        assert_eq!(gauge.progress().counters.bytes_total, 4_000, "there is less than the last time");
    }

    #[test]
    fn what_is_new_and_what_it_takes_is_told_while_it_is_stored() {
        let gauge = after_reading(1_000, 900);
        gauge.backup.added_bytes.store(300, Relaxed);
        gauge.backup.added_packed_bytes.store(200, Relaxed);
        let counters = gauge.progress().counters;
        assert_eq!((counters.added_bytes, counters.stored_bytes), (300, 200));
    }
}
