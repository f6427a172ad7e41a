//! Who works when: the durable queue's rules, workers, the scheduler's tick. No SQL, no HTTP.
//!
//! - **Owns**: the [`JobStore`] trait, leases, limits, retries, the worker's loop and pool, [`start_run`], the scheduler, the
//!   form in which sentences are stored.
//! - **May use**: `policy`, `model`.
//! - **Must not know**: SQL, HTTP, what a job's kind does.
//! - **Invariants**: a write of a worker is conditional on its lease; no transition that `model` does not allow; every run
//!   is made by [`start_run`].
//!
//! ```
//! use rempart_jobs::{Handlers, JobContext, JobOutcome};
//! use rempart_model::JobKind;
//! let handlers = Handlers::new().with(JobKind::Prune, async |context: JobContext| {
//!     if context.stop_reason().is_some() { JobOutcome::canceled() } else { JobOutcome::succeeded() }
//! });
//! # let _ = handlers;
//! ```

mod clock;
mod handler;
mod job;
mod limits;
mod pool;
mod process;
mod retry;
mod scheduler;
mod start;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod told;
mod worker;

pub use clock::{BoxFuture, Clock, SystemClock};
pub use handler::{Handler, Handlers, JobContext, LOG_LIMIT_LINES, StopReason};
pub use job::{Job, JobOutcome, LOG_LINE_LIMIT_BYTES, Lease, LogLine, NewJob};
pub use limits::{Candidate, HeldBack, Limits, Picker};
pub use pool::{
    DEAD_AFTER, POOL_BEAT, Pool, PoolBeat, PoolParts, ProcessInfo, WorkerCommand, WorkerState, WorkerStatus,
    WorkerStore,
};
pub use process::{Usage, UsageMeter};
pub use retry::{ATTEMPTS_OVER_LOST_WORKERS, wait_after_loss, wait_before_retry};
pub use scheduler::{Due, GRACE, MISSED_LIMIT, Scheduler, Ticked, decide};
pub use start::{BackupPayload, Fired, NewRun, Origin, PlanToRun, RunOptions, RunStore, Started, start_run};
pub use store::{Beat, CancelAnswer, Claim, Heartbeat, JobStore, Leave, Leaving, Reaped, StoreError, StoreResult};
pub use told::Told;
pub use worker::{Doing, Order, Rhythm, Turn, TurnEnd, Worker};
