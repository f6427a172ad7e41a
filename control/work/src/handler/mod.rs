//! One handler per kind of job: what it needs is read from the catalog, the engine works on a thread of its own, what came
//! of it is recorded.
//!
//! Every handler may be run again after its worker died at any point: it finds what stands already, by the job's own tag or
//! by looking, and doubles nothing.

mod backup;
mod maintain;
mod pool_analysis;
mod refresh;
mod restore;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rempart_jobs::{Handlers, Job, JobContext, JobOutcome, Told};
use rempart_model::{JobKind, JobProgress, LogLevel, RepoId, RunCounters};
use serde::de::DeserializeOwned;

use crate::task::gauge::Gauge;
use crate::trouble::{Result, Trouble, table};
use crate::{Work, blocking};

pub use backup::{plan_tag, run_tag};
pub use maintain::{CheckPayload, SnapshotDeletePayload};
pub use refresh::Refreshed;
pub use restore::RestorePayload;
pub use verify::VerifyPayload;

/// What a log holds: a sentence, told in the reader's language; or words that are not ours, such as another machine's journal.
pub(crate) trait Line {
    fn stored(self) -> String;
}

impl Line for &Told {
    fn stored(self) -> String {
        self.encode_line()
    }
}

impl Line for &str {
    fn stored(self) -> String {
        self.to_owned()
    }
}

impl Line for String {
    fn stored(self) -> String {
        self
    }
}

/// Takes a log line as it is stored.
type Log = dyn Fn(LogLevel, &str) + Send + Sync;

/// What a handler is given beside its job: a gauge that others look at, and a log.
pub struct Desk {
    /// Holds the request to stop, too.
    pub gauge: Arc<Gauge>,
    log: Arc<Log>,
    /// How far an agent says that it is.
    told: Mutex<Option<JobProgress>>,
    /// What the run's counters are in the end.
    counted: Mutex<Option<RunCounters>>,
}

impl Desk {
    /// `log` is given lines as they are stored: sentences of [`Told`], or plain words.
    #[must_use]
    pub fn new(log: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        Self { gauge: Arc::default(), log: Arc::new(log), told: Mutex::default(), counted: Mutex::default() }
    }

    pub(crate) fn info(&self, line: impl Line) {
        (self.log)(LogLevel::Info, &line.stored());
    }

    pub(crate) fn warn(&self, line: impl Line) {
        (self.log)(LogLevel::Warning, &line.stored());
    }

    /// The work is done elsewhere: so far it is.
    pub(crate) fn tells(&self, progress: JobProgress) {
        *self.told.lock() = Some(progress);
    }

    fn count(&self, counters: RunCounters) {
        *self.counted.lock() = Some(counters);
    }

    /// The gauge as it stands, with what was counted in the end.
    fn progress(&self) -> JobProgress {
        let mut progress = self.told.lock().clone().unwrap_or_else(|| self.gauge.progress());
        if let Some(counters) = &*self.counted.lock() {
            progress.step = "done".to_owned();
            progress.eta_seconds = None;
            progress.current_files = Vec::new();
            progress.counters = counters.clone();
        }
        progress
    }
}

/// How often a running job's gauge is looked at; the queue tells it on once a second.
const LOOK: Duration = Duration::from_millis(250);

impl Work {
    /// A handler for every kind of job.
    #[must_use]
    pub fn handlers(self: &Arc<Self>) -> Handlers {
        JobKind::ALL.iter().fold(Handlers::new(), |handlers, kind| {
            let work = Arc::clone(self);
            handlers.with(*kind, move |context: JobContext| {
                let work = Arc::clone(&work);
                async move { work.work_on(context).await }
            })
        })
    }

    async fn work_on(self: Arc<Self>, context: JobContext) -> JobOutcome {
        let log = context.clone();
        let desk = Desk::new(move |level, line| log.log(level, line));
        let job = context.job().clone();
        let mut work = std::pin::pin!(self.perform(&job, &desk));
        let mut look = tokio::time::interval(LOOK);
        let mut is_told = false;
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = context.cancellation().cancelled(), if !is_told => {
                    is_told = true;
                    desk.gauge.cancel.cancel();
                }
                _ = look.tick() => context.progress(desk.progress()),
            }
        };
        context.progress(desk.progress());
        outcome
    }
}

impl Work {
    /// Does what the job asks for. Never fails silently: whatever goes wrong is in the outcome.
    pub async fn perform(self: &Arc<Self>, job: &Job, desk: &Desk) -> JobOutcome {
        let done = match job.kind {
            JobKind::Backup => self.backup(job, desk).await,
            JobKind::Restore => self.restore(job, desk).await,
            JobKind::Check => self.check(job, desk).await,
            JobKind::Verify => self.verify(job, desk).await,
            JobKind::Forget => self.forget(job, desk).await,
            JobKind::Prune => self.prune(job, desk).await,
            JobKind::SnapshotDelete => self.delete_snapshots(job, desk).await,
            JobKind::RepositoryRefresh => self.refresh(job, desk).await,
            JobKind::PoolAnalysis => self.analyse_pool(job, desk).await,
            JobKind::AgentInstall
            | JobKind::AgentUpgrade
            | JobKind::AgentRestart
            | JobKind::AgentUninstall
            | JobKind::AgentJournal => self.look_after_agent(job, desk).await,
        };
        done.unwrap_or_else(|trouble| {
            if trouble.is_canceled() || desk.gauge.cancel.is_canceled() {
                return JobOutcome::canceled();
            }
            tracing::warn!(job = %job.id, kind = %job.kind, error = %crate::trouble::chain(&trouble), "a job failed");
            desk.warn(&trouble.told());
            let (code, message) = (trouble.code(), trouble.told().encode());
            if trouble.is_transient() {
                JobOutcome::failed_for_now(code, message)
            } else {
                JobOutcome::failed(code, message)
            }
        })
    }
}

/// An outcome that is not all that was asked for.
fn warned(trouble: &Trouble) -> JobOutcome {
    JobOutcome::warning(trouble.code(), trouble.told().encode())
}

/// Failed, with a result that says more.
pub(crate) fn failed(trouble: &Trouble) -> JobOutcome {
    JobOutcome::failed(trouble.code(), trouble.told().encode())
}

pub(crate) fn payload<T: DeserializeOwned>(job: &Job) -> Result<T> {
    serde_json::from_value(job.payload.clone()).map_err(|error| Trouble::new(&table::JOB_PAYLOAD).because(error))
}

fn repository_of(job: &Job) -> Result<RepoId> {
    let missing = || Trouble::new(&table::JOB_PAYLOAD).with("detail", "it names no repository");
    job.repository_id.ok_or_else(missing)
}

/// What is gone from the catalog since the job was asked for.
pub(crate) fn target_gone(error: rempart_catalog::CatalogError) -> Trouble {
    match error.kind() {
        rempart_catalog::CatalogErrorKind::NotFound => Trouble::new(&table::JOB_TARGET_GONE).because(error),
        _ => error.into(),
    }
}

/// Runs engine work on a thread of its own. The thread always ends before this does: a job that is told to stop stops at
/// the engine's next named point, and holds its locks until then.
pub(crate) async fn engine<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    blocking(work).await
}
