//! The loop of one worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rempart_model::{JobId, JobKind, LogLevel, Outcome};
use tokio::sync::watch;

use crate::clock::later;
use crate::told::{self, Told};
use crate::{
    Beat, Claim, Clock, Handlers, Heartbeat, Job, JobContext, JobOutcome, JobStore, Leave, Leaving, Limits, StopReason,
    wait_before_retry,
};

/// The rhythm of workers.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// How long a job stays a worker's without a heartbeat.
    pub lease: Duration,
    /// Between two heartbeats of a job: progress is written, and a request to cancel is seen, this often.
    pub beat: Duration,
    /// How long an idle worker waits before it looks by itself. Wakes are hints, this is the truth.
    pub poll: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { lease: Duration::from_secs(20), beat: Duration::from_secs(1), poll: Duration::from_secs(1) }
    }
}

/// What a worker is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Work,
    /// Ends once its job has.
    StopAfterJob,
    /// Asks its job to end, gives it back to the queue, and ends.
    StopNow,
}

/// What a worker does, for those who look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    Waiting,
    Working { job_id: JobId, kind: JobKind },
}

/// How one turn of the loop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// There was nothing to do, and the wait for it is over.
    Waited,
    Worked {
        job_id: JobId,
        ended: TurnEnd,
    },
    /// The order was to stop.
    Stopped,
}

/// What became of the job of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEnd {
    Ended(Outcome),
    WillRetry,
    GivenBack,
    LeaseLost,
}

/// Everything that one worker needs.
pub struct Worker {
    pub name: String,
    pub store: Arc<dyn JobStore>,
    pub handlers: Arc<Handlers>,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    pub rhythm: Rhythm,
    pub orders: watch::Receiver<Order>,
    pub doing: watch::Sender<Doing>,
    /// Counts the jobs that it brought to an end, whatever the outcome.
    pub done: Arc<AtomicU64>,
    /// Where the worker's own log lines go.
    pub say: Arc<Say>,
}

/// Takes a log line.
pub type Say = dyn Fn(LogLevel, &Told) + Send + Sync;

impl Worker {
    /// Works until it is told to stop.
    pub async fn run(mut self) {
        self.say(LogLevel::Info, &told::WORKER_STARTED.told([]));
        while self.turn().await != Turn::Stopped {}
        self.say(LogLevel::Info, &told::WORKER_STOPPED.told([]));
    }

    /// One turn:
    /// 1. an order to stop ends the worker;
    /// 2. it claims a job; where there is none it waits for a wake, an order, or the poll;
    /// 3. leased becomes running;
    /// 4. the handler runs as a task of its own, so that its panic ends the job and not the worker;
    /// 5. at each beat: progress and log are written, the lease is renewed, requests to end are passed on;
    /// 6. the job leaves: ended, to be tried again, or given back. A lost lease writes nothing.
    pub async fn turn(&mut self) -> Turn {
        if *self.orders.borrow_and_update() != Order::Work {
            return Turn::Stopped;
        }
        // Subscribed before the claim: a job that is added in between wakes the wait below.
        let mut wakes = self.store.work_wakes();
        wakes.mark_unchanged();
        let claim =
            Claim { worker: self.name.clone(), limits: self.limits, lease: self.rhythm.lease, now: self.clock.now() };
        let job = match self.store.claim(claim).await {
            Ok(Some(job)) => job,
            Ok(None) => return self.wait(&mut wakes).await,
            Err(error) => {
                self.say(LogLevel::Warning, &told::WORKER_BLIND.told([&chain(&error)]));
                return self.wait(&mut wakes).await;
            }
        };
        let job_id = job.id;
        self.doing.send_replace(Doing::Working { job_id, kind: job.kind });
        self.say(LogLevel::Info, &told::WORKER_TAKES.told([&job_id, &job.kind]));
        let ended = self.work(job).await;
        if matches!(ended, TurnEnd::Ended(_)) {
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        self.say(LogLevel::Info, &describe(job_id, ended));
        self.doing.send_replace(Doing::Waiting);
        Turn::Worked { job_id, ended }
    }

    async fn wait(&mut self, wakes: &mut watch::Receiver<u64>) -> Turn {
        let until = later(self.clock.now(), self.rhythm.poll);
        tokio::select! {
            _ = wakes.changed() => {}
            changed = self.orders.changed() => {
                // Nobody is left who could give an order.
                if changed.is_err() {
                    return Turn::Stopped;
                }
            }
            () = self.clock.sleep_until(until) => {}
        }
        Turn::Waited
    }

    async fn work(&mut self, job: Job) -> TurnEnd {
        let lease = job.lease();
        let mut held_until = job.lease_until.unwrap_or_else(|| self.clock.now());
        match self.store.start(lease, self.clock.now()).await {
            Ok(true) => {}
            Ok(false) => return TurnEnd::LeaseLost,
            Err(error) => {
                // The lease runs out by itself, and the job is tried again.
                self.say(LogLevel::Warning, &told::WORKER_CANNOT_BEGIN.told([&job.id, &chain(&error)]));
                return TurnEnd::LeaseLost;
            }
        }
        let context = JobContext::new(job, self.clock.clone());
        let handler = self.handlers.get(context.job().kind);
        let mut task = tokio::spawn({
            let context = context.clone();
            async move {
                match handler {
                    Some(handler) => handler.run(context).await,
                    None => failed(&told::JOB_UNKNOWN_KIND.told([])),
                }
            }
        });
        let mut cancels = self.store.cancel_wakes();
        cancels.mark_unchanged();
        let mut orders_open = true;
        let ended = loop {
            let next_beat = later(self.clock.now(), self.rhythm.beat);
            tokio::select! {
                ended = &mut task => break ended,
                () = self.clock.sleep_until(next_beat) => {}
                _ = cancels.changed() => {}
                changed = self.orders.changed(), if orders_open => orders_open = changed.is_ok(),
            }
            if *self.orders.borrow() == Order::StopNow {
                context.stop(StopReason::WorkerStops);
            }
            self.beat(&context, &mut held_until).await;
        };
        let outcome =
            ended.unwrap_or_else(|panic| JobOutcome { may_retry: true, ..failed(&told::JOB_PANICKED.told([&panic])) });
        self.leave(&context, outcome, held_until).await
    }

    /// Renews the lease with what was said. Where the store does not answer until the lease is over, it is lost.
    async fn beat(&self, context: &JobContext, held_until: &mut Timestamp) {
        let now = self.clock.now();
        let lease_until = later(now, self.rhythm.lease);
        let (progress, log) = context.take_said(false);
        let beat =
            Heartbeat { lease: context.job().lease(), now, lease_until, progress: progress.clone(), log: log.clone() };
        match self.store.heartbeat(beat).await {
            Ok(Beat::Held) => *held_until = lease_until,
            Ok(Beat::CancelRequested) => {
                *held_until = lease_until;
                context.stop(StopReason::Canceled);
            }
            Ok(Beat::Lost) => context.stop(StopReason::LeaseLost),
            Err(error) => {
                context.put_back(progress, log);
                self.say(LogLevel::Warning, &told::WORKER_NOT_HEARD.told([&context.job().id, &chain(&error)]));
                if self.clock.now() >= *held_until {
                    context.stop(StopReason::LeaseLost);
                }
            }
        }
    }

    async fn leave(&self, context: &JobContext, outcome: JobOutcome, held_until: Timestamp) -> TurnEnd {
        let job = context.job();
        let now = self.clock.now();
        let (leaving, end) = match (outcome.outcome, context.stop_reason()) {
            (_, Some(StopReason::LeaseLost)) => return TurnEnd::LeaseLost,
            // Work that ended all the same is not thrown away.
            (Outcome::Canceled | Outcome::Failed, Some(StopReason::WorkerStops)) => {
                (Leaving::GivenBack, TurnEnd::GivenBack)
            }
            (Outcome::Failed, Some(StopReason::Canceled)) => (
                Leaving::Ended(JobOutcome { outcome: Outcome::Canceled, ..outcome }),
                TurnEnd::Ended(Outcome::Canceled),
            ),
            (Outcome::Failed, None) if outcome.may_retry && job.attempt < job.max_attempts => {
                let not_before = later(now, wait_before_retry(job.id, job.attempt));
                (Leaving::Retry { not_before, outcome }, TurnEnd::WillRetry)
            }
            (ended, _) => (Leaving::Ended(outcome), TurnEnd::Ended(ended)),
        };
        let (progress, log) = context.take_said(true);
        let leave = Leave { lease: job.lease(), now, leaving, progress, log };
        loop {
            match self.store.leave(leave.clone()).await {
                Ok(true) => return end,
                Ok(false) => return TurnEnd::LeaseLost,
                Err(error) => {
                    let now = self.clock.now();
                    self.say(LogLevel::Warning, &told::WORKER_CANNOT_END.told([&job.id, &chain(&error)]));
                    if now >= held_until {
                        return TurnEnd::LeaseLost;
                    }
                    self.clock.sleep_until(later(now, self.rhythm.beat)).await;
                }
            }
        }
    }

    fn say(&self, level: LogLevel, told: &Told) {
        tracing::debug!(worker = self.name, values = ?told.values, "{}", told.code);
        (self.say)(level, told);
    }
}

fn failed(told: &Told) -> JobOutcome {
    JobOutcome::failed(told.code.clone(), told.encode())
}

fn describe(job: JobId, ended: TurnEnd) -> Told {
    let saying = match ended {
        TurnEnd::Ended(Outcome::Succeeded) => told::JOB_SUCCEEDED,
        TurnEnd::Ended(Outcome::Warning) => told::JOB_WARNED,
        TurnEnd::Ended(Outcome::Failed) => told::JOB_FAILED,
        TurnEnd::Ended(Outcome::Canceled) => told::JOB_CANCELED,
        TurnEnd::WillRetry => told::JOB_WILL_RETRY,
        TurnEnd::GivenBack => told::JOB_GIVEN_BACK,
        TurnEnd::LeaseLost => told::JOB_LEASE_LOST,
    };
    saying.told([&job])
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
