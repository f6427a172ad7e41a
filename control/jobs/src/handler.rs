//! What a kind of job does, and what it is given for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rempart_model::{JobKind, JobProgress, LogLevel};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::told::LINES_LEFT_OUT;
use crate::{BoxFuture, Clock, Job, JobOutcome, LogLine};

/// Does the jobs of one kind. A job may be done twice (its worker died before it could say that it had ended), so what a
/// handler does must bear repetition.
pub trait Handler: Send + Sync + 'static {
    fn run(&self, context: JobContext) -> BoxFuture<'static, JobOutcome>;
}

impl<F, R> Handler for F
where
    F: Fn(JobContext) -> R + Send + Sync + 'static,
    R: Future<Output = JobOutcome> + Send + 'static,
{
    fn run(&self, context: JobContext) -> BoxFuture<'static, JobOutcome> {
        Box::pin(self(context))
    }
}

/// The handlers by kind.
#[derive(Default)]
pub struct Handlers {
    by_kind: HashMap<JobKind, Arc<dyn Handler>>,
}

impl Handlers {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with(mut self, kind: JobKind, handler: impl Handler) -> Self {
        self.by_kind.insert(kind, Arc::new(handler));
        self
    }

    pub(crate) fn get(&self, kind: JobKind) -> Option<Arc<dyn Handler>> {
        self.by_kind.get(&kind).cloned()
    }
}

/// Why a job is asked to end before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody canceled it.
    Canceled,
    /// Its worker is to stop at once; the job goes back to the queue.
    WorkerStops,
    /// Another worker has it, or may have it: nothing more of it may be written.
    LeaseLost,
}

/// A job with what its handler needs: where it says how far it is, and where it hears that it should end. Cheap to clone,
/// and everything in it can be called from any thread.
#[derive(Clone)]
pub struct JobContext {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    job: Job,
    clock: Arc<dyn Clock>,
    token: CancellationToken,
    reason: OnceLock<StopReason>,
    said: Mutex<Said>,
}

/// What was said since the last heartbeat.
#[derive(Default)]
struct Said {
    progress: Option<JobProgress>,
    log: Vec<LogLine>,
    lines: usize,
    left_out: usize,
}

/// More lines than this are counted and left out: a job that fails a million times says so once.
pub const LOG_LIMIT_LINES: usize = 10_000;

impl JobContext {
    /// For workers, and for tests of handlers.
    #[must_use]
    pub fn new(job: Job, clock: Arc<dyn Clock>) -> Self {
        let shared =
            Shared { job, clock, token: CancellationToken::new(), reason: OnceLock::new(), said: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    #[must_use]
    pub fn job(&self) -> &Job {
        &self.shared.job
    }

    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// The payload as its kind writes it.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.shared.job.payload)
    }

    /// How far the job is. As often as one likes: the last word of each second is written with the heartbeat.
    pub fn progress(&self, progress: JobProgress) {
        self.said().progress = Some(progress);
    }

    /// A line of the job's log: a sentence as [`crate::Told`] encodes it, or plain words. Nothing secret belongs there.
    pub fn log(&self, level: LogLevel, text: impl Into<String>) {
        let line = LogLine::new(self.shared.clock.now(), level, text);
        let mut said = self.said();
        if said.lines < LOG_LIMIT_LINES {
            said.lines += 1;
            said.log.push(line);
        } else {
            said.left_out += 1;
        }
    }

    /// Ends the waiting of whoever selects on it; [`Self::stop_reason`] says why.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.shared.token
    }

    /// None while the job may go on. For work on threads: looked at between two steps.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.shared.reason.get().copied()
    }

    /// Asks the job to end. The first reason stays.
    pub fn stop(&self, reason: StopReason) {
        let _ = self.shared.reason.set(reason);
        self.shared.token.cancel();
    }

    /// What was said since the last time: for the heartbeat. `is_last` adds what was left out.
    pub(crate) fn take_said(&self, is_last: bool) -> (Option<JobProgress>, Vec<LogLine>) {
        let now = self.shared.clock.now();
        let mut said = self.said();
        let mut log = std::mem::take(&mut said.log);
        if is_last && said.left_out > 0 {
            log.push(LogLine::told(now, LogLevel::Warning, &LINES_LEFT_OUT.told([&said.left_out])));
        }
        (said.progress.take(), log)
    }

    /// A heartbeat did not get through: what it carried goes with the next one.
    pub(crate) fn put_back(&self, progress: Option<JobProgress>, mut log: Vec<LogLine>) {
        let mut said = self.said();
        if said.progress.is_none() {
            said.progress = progress;
        }
        log.append(&mut said.log);
        said.log = log;
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // Nothing in there can be half-written by a panic.
        self.shared.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
