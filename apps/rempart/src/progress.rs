//! Progress: a bar on a terminal, status lines with `--json`, and otherwise nothing (not even a thread).

mod maintenance;

use std::io::IsTerminal as _;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::output::{Output, Verbosity};

pub use maintenance::MaintenanceProgress;

const PAINT_INTERVAL: Duration = Duration::from_millis(100);
const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// What is counted, for rate and remaining time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Items,
}

/// How far the work is, at one moment.
#[derive(Debug, Clone)]
pub struct Sample {
    pub unit: Unit,
    pub done: u64,
    /// Known so far.
    pub total: Option<u64>,
    /// The total will not grow any more: a remaining time can be told.
    pub total_is_final: bool,
    /// Behind the numbers: `1200 files, 2 errors`.
    pub text: String,
    /// What is being worked on.
    pub current: Vec<String>,
}

impl Sample {
    #[must_use]
    pub fn share_done(&self) -> f64 {
        match self.total {
            Some(total) if total > 0 => (self.done as f64 / total as f64).min(1.0),
            _ => 0.0,
        }
    }
}

/// Work that can be watched.
pub trait Watched: Sync {
    fn sample(&self) -> Sample;
    /// The object of a status line of `--json`.
    fn status(&self, elapsed: Duration) -> serde_json::Value;
}

/// A status line as restic shapes it, for work that counts items.
#[derive(Serialize)]
pub struct Status<'a> {
    pub message_type: &'static str,
    pub action: &'a str,
    pub seconds_elapsed: u64,
    pub percent_done: f64,
    pub total: Option<u64>,
    pub done: u64,
}

/// Whether anybody looks: on a terminal, or with `--json`.
#[must_use]
pub fn is_shown(out: &Output) -> bool {
    out.is_at_least(Verbosity::Normal) && (out.is_json() || std::io::stderr().is_terminal())
}

/// Does the work while another thread shows how far it is.
pub fn watch<T>(out: &Output, watched: &dyn Watched, work: impl FnOnce() -> T) -> T {
    if !is_shown(out) {
        return work();
    }
    let with_bar = !out.is_json();
    let ended = Ended::default();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| if with_bar { paint(out, watched, &ended) } else { report(out, watched, &ended, begun) });
        // Dropped when `work` returns; the scope then waits for the painter.
        let _at_end = EndOnDrop(&ended);
        work()
    })
}

/// Tells the painter that the work is over, at once.
#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    changed: Condvar,
}

impl Ended {
    /// Waits; true when the work has ended.
    fn wait(&self, at_most: Duration) -> bool {
        let flag = self.flag.lock().unwrap_or_else(PoisonError::into_inner);
        *self.changed.wait_timeout_while(flag, at_most, |ended| !*ended).unwrap_or_else(PoisonError::into_inner).0
    }
}

struct EndOnDrop<'a>(&'a Ended);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        *self.0.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

fn report(out: &Output, watched: &dyn Watched, ended: &Ended, begun: Instant) {
    while !ended.wait(STATUS_INTERVAL) {
        out.status(&watched.status(begun.elapsed()));
    }
    // One more, so that a reader sees 100 % also of a run that was shorter than the interval.
    out.status(&watched.status(begun.elapsed()));
}

fn paint(out: &Output, watched: &dyn Watched, ended: &Ended) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let mut style_shown = None;
    // Nothing is drawn for work that is over in a moment.
    let mut wait = 3 * PAINT_INTERVAL;
    while !ended.wait(wait) {
        wait = PAINT_INTERVAL;
        let sample = watched.sample();
        let style = (sample.unit, sample.total.is_some(), sample.total_is_final);
        if style_shown != Some(style) {
            bar.set_style(style_of(style));
            if style_shown.is_none() {
                out.set_bar(Some(bar.clone()));
            }
            style_shown = Some(style);
        }
        if let Some(total) = sample.total {
            bar.set_length(total.max(sample.done));
        }
        bar.set_position(sample.done);
        bar.set_prefix(sample.text);
        bar.set_message(crate::output::human::line_of(&sample.current));
        bar.tick();
    }
    out.set_bar(None);
    bar.finish_and_clear();
}

fn style_of((unit, has_total, total_is_final): (Unit, bool, bool)) -> ProgressStyle {
    let numbers = match (unit, has_total) {
        (Unit::Bytes, true) => "{binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}",
        (Unit::Bytes, false) => "{binary_bytes}, {binary_bytes_per_sec}",
        (Unit::Items, true) => "{pos} of {len}, {per_sec}",
        (Unit::Items, false) => "{pos}, {per_sec}",
    };
    let bar = if has_total { "[{bar:24}] {percent:>3} %  " } else { "" };
    let left = if total_is_final { ", {eta} left" } else { "" };
    let template = format!("[{{elapsed}}] {bar}{numbers}{left}  {{prefix}}\n  {{wide_msg}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}
