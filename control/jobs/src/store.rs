//! What the queue needs of a database. `catalog` implements these; `conformance` is what every implementation passes.

use std::time::Duration;

use jiff::Timestamp;
use rempart_model::{JobId, JobProgress, JobState};
use tokio::sync::watch;

use crate::{BoxFuture, Job, JobOutcome, Lease, Limits, LogLine, NewJob};

/// The store does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
#[error("the store of jobs: {operation}")]
pub struct StoreError {
    pub operation: &'static str,
    /// Whether the same call may succeed a moment later.
    pub is_transient: bool,
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

pub type StoreResult<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A worker asks for work.
#[derive(Debug, Clone)]
pub struct Claim {
    pub worker: String,
    pub limits: Limits,
    pub lease: Duration,
    pub now: Timestamp,
}

/// A sign of life of a worker, written at once with what it says.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pub lease: Lease,
    pub now: Timestamp,
    pub lease_until: Timestamp,
    /// None: nothing new.
    pub progress: Option<JobProgress>,
    pub log: Vec<LogLine>,
}

/// What a worker learns from its heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    Held,
    /// It is still the worker's, and somebody asks for its end.
    CancelRequested,
    /// It is not the worker's any more: whatever it does now belongs to nobody, and is not written.
    Lost,
}

/// How a job leaves its worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaving {
    /// It has ended.
    Ended(JobOutcome),
    /// It is tried again.
    Retry { not_before: Timestamp, outcome: JobOutcome },
    /// Back to the queue as if it had never begun: its worker was told to stop at once.
    GivenBack,
}

/// A job leaves its worker, with the last that it has to say.
#[derive(Debug, Clone)]
pub struct Leave {
    pub lease: Lease,
    pub now: Timestamp,
    pub leaving: Leaving,
    pub progress: Option<JobProgress>,
    pub log: Vec<LogLine>,
}

/// What became of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAnswer {
    /// It was waiting, and is canceled.
    Canceled,
    /// It runs; its worker learns of it with the next heartbeat, or at once in the same process.
    Requested,
    /// It has ended before.
    Ended(JobState),
    NotFound,
}

/// A job whose worker was not heard of until its lease ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaped {
    pub job_id: JobId,
    pub worker: Option<String>,
    /// `Queued` for another attempt, or how it ended.
    pub state: JobState,
}

/// The durable queue. Every write of a worker names its lease, and touches nothing where the lease is another's by now.
/// Transitions are those of [`JobState::valid_previous_states`].
pub trait JobStore: Send + Sync + 'static {
    /// Adds a job. Where one with the same `unique_key` is active, answers that one's number.
    fn enqueue(&self, job: NewJob, now: Timestamp) -> StoreResult<'_, JobId>;

    /// The next job by priority, turn and age that no limit holds back; it is leased to the worker.
    fn claim(&self, claim: Claim) -> StoreResult<'_, Option<Job>>;

    /// Leased becomes running. False where the lease is lost.
    fn start(&self, lease: Lease, now: Timestamp) -> StoreResult<'_, bool>;

    fn heartbeat(&self, beat: Heartbeat) -> StoreResult<'_, Beat>;

    /// False where the lease is lost: then nothing was written.
    fn leave(&self, leave: Leave) -> StoreResult<'_, bool>;

    fn cancel(&self, job: JobId, now: Timestamp) -> StoreResult<'_, CancelAnswer>;

    /// Takes back the jobs whose lease ran out before `now`: another attempt (after `wait` of the attempt) while they have
    /// one left, or have had fewer than [`crate::ATTEMPTS_OVER_LOST_WORKERS`]; else failed with the code `worker.lost`;
    /// canceled where that was asked for.
    fn reap<'a>(
        &'a self,
        now: Timestamp,
        wait: &'a (dyn Fn(JobId, u32) -> Duration + Sync),
    ) -> StoreResult<'a, Vec<Reaped>>;

    /// Changes when this process knows that a claim may find something that the last one did not.
    fn work_wakes(&self) -> watch::Receiver<u64>;

    /// Changes when this process asked a running job to end.
    fn cancel_wakes(&self) -> watch::Receiver<u64>;
}
