//! Progress of check, prune, repair and copy: steps, each with its count.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rempart_archive::cancel::CancelToken;
use rempart_repository::{MaintenanceObserver, Step};

use super::{Sample, Status, Unit, Watched};

/// What the engine tells, kept for the painter; and the user's wish to stop, handed to the engine.
pub struct MaintenanceProgress<'a> {
    cancel: &'a CancelToken,
    step: Mutex<(Option<Step>, Option<u64>)>,
    done: AtomicU64,
}

impl<'a> MaintenanceProgress<'a> {
    #[must_use]
    pub fn new(cancel: &'a CancelToken) -> Self {
        Self { cancel, step: Mutex::default(), done: AtomicU64::new(0) }
    }

    fn now(&self) -> (&'static str, Option<u64>, u64) {
        let (step, total) = *self.step.lock().unwrap_or_else(PoisonError::into_inner);
        (step.map_or("starting", Step::label), total, self.done.load(Ordering::Relaxed))
    }
}

impl MaintenanceObserver for MaintenanceProgress<'_> {
    fn begin(&self, step: Step, total: Option<u64>) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = (Some(step), total);
        self.done.store(0, Ordering::Relaxed);
    }

    fn advance(&self, _: Step, items: u64) {
        self.done.fetch_add(items, Ordering::Relaxed);
    }

    fn is_canceled(&self) -> bool {
        self.cancel.is_canceled()
    }
}

impl Watched for MaintenanceProgress<'_> {
    fn sample(&self) -> Sample {
        let (label, total, done) = self.now();
        Sample {
            unit: Unit::Items,
            done,
            total,
            total_is_final: total.is_some(),
            text: label.to_owned(),
            current: Vec::new(),
        }
    }

    fn status(&self, elapsed: Duration) -> serde_json::Value {
        let sample = self.sample();
        serde_json::json!(Status {
            message_type: "status",
            action: &sample.text,
            seconds_elapsed: elapsed.as_secs(),
            percent_done: sample.share_done(),
            total: sample.total,
            done: sample.done,
        })
    }
}
