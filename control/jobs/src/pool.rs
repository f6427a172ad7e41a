//! The workers of one process: named, listed in the catalog, told from there to stop, start and restart.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use rempart_model::{JobId, JobKind, LogLevel};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::clock::later;
use crate::process::{Usage, UsageMeter};
use crate::store::StoreResult;
use crate::worker::chain;
use crate::{Clock, Doing, Handlers, JobStore, Limits, LogLine, Order, Rhythm, Told, Worker, wait_after_loss};

/// Which process this is. Its id is drawn at start, so that a process number used twice is not mistaken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    pub id: String,
    pub host: String,
    pub pid: u32,
    pub started_at: Timestamp,
}

impl ProcessInfo {
    #[must_use]
    pub fn this(now: Timestamp) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = host.trim();
        let host = if host.is_empty() { "localhost" } else { host };
        let pid = std::process::id();
        Self { id: format!("{host}:{pid}:{}", now.as_microsecond()), host: host.to_owned(), pid, started_at: now }
    }
}

/// How a worker stands, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkerState {
    /// It waits for work.
    Idle,
    Busy,
    /// It ends once its job has.
    Stopping,
    Stopped,
}

impl WorkerState {
    pub const ALL: [Self; 4] = [Self::Idle, Self::Busy, Self::Stopping, Self::Stopped];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// What a person tells a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkerCommand {
    Start,
    /// Once its job has ended.
    Stop,
    /// Its job goes back to the queue.
    StopNow,
    /// Stops once its job has ended, and starts.
    Restart,
}

impl WorkerCommand {
    pub const ALL: [Self; 4] = [Self::Start, Self::Stop, Self::StopNow, Self::Restart];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::StopNow => "stop_now",
            Self::Restart => "restart",
        }
    }
}

/// One worker as its process sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerStatus {
    pub name: String,
    pub state: WorkerState,
    pub job: Option<(JobId, JobKind)>,
    /// When it was started last.
    pub started_at: Option<Timestamp>,
    /// How many jobs it brought to an end since its process began.
    pub jobs_done: u64,
    /// What it said since the last beat.
    pub log: Vec<LogLine>,
}

/// All workers of a process, at once.
#[derive(Debug, Clone)]
pub struct PoolBeat {
    pub process: ProcessInfo,
    pub usage: Usage,
    pub workers: Vec<WorkerStatus>,
    pub now: Timestamp,
}

/// Where the processes list their workers and find what they are told.
pub trait WorkerStore: Send + Sync + 'static {
    /// Gives the process `count` names of the form `w1`, `w2`, … that no living process has; `dead_before`: a process not
    /// heard of since then lives no more.
    fn register(
        &self,
        process: ProcessInfo,
        count: u32,
        now: Timestamp,
        dead_before: Timestamp,
    ) -> StoreResult<'_, Vec<String>>;

    /// Writes how the workers stand, and takes what they are told.
    fn beat(&self, beat: PoolBeat) -> StoreResult<'_, Vec<(String, WorkerCommand)>>;

    /// The process ends: its workers are off the list.
    fn leave(&self, process: ProcessInfo) -> StoreResult<'_, ()>;

    /// Changes when this process wrote a command.
    fn command_wakes(&self) -> watch::Receiver<u64>;
}

/// What a pool is made of.
pub struct PoolParts {
    pub jobs: Arc<dyn JobStore>,
    pub workers: Arc<dyn WorkerStore>,
    pub handlers: Arc<Handlers>,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    pub rhythm: Rhythm,
    pub process: ProcessInfo,
    pub count: u32,
}

/// Between two beats of the pool.
pub const POOL_BEAT: Duration = Duration::from_secs(2);
/// A process that was not heard of for this long is dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(15);

/// The workers of this process. Dropping it leaves them to the runtime: call [`Pool::shutdown`].
pub struct Pool {
    shared: Arc<PoolShared>,
    keeper: JoinHandle<()>,
}

struct PoolShared {
    parts: PoolParts,
    slots: Mutex<Vec<Slot>>,
    ends: Notify,
    ended: watch::Sender<bool>,
    meter: UsageMeter,
}

/// A name, and the worker that has it while one does.
struct Slot {
    name: String,
    orders: watch::Sender<Order>,
    doing: watch::Receiver<Doing>,
    task: Option<JoinHandle<()>>,
    started_at: Option<Timestamp>,
    done: Arc<AtomicU64>,
    restart: bool,
    log: Arc<Mutex<Vec<LogLine>>>,
}

impl Pool {
    /// Registers the workers, starts them, and keeps them in the list.
    pub async fn start(parts: PoolParts) -> Result<Self, crate::StoreError> {
        let now = parts.clock.now();
        let dead_before = now.checked_sub(DEAD_AFTER).unwrap_or(Timestamp::MIN);
        let names = parts.workers.register(parts.process.clone(), parts.count, now, dead_before).await?;
        let shared = Arc::new(PoolShared {
            parts,
            slots: Mutex::new(names.into_iter().map(Slot::stopped).collect()),
            ends: Notify::new(),
            ended: watch::Sender::new(false),
            meter: UsageMeter::default(),
        });
        for slot in shared.slots().iter_mut() {
            slot.start(&shared);
        }
        let keeper = tokio::spawn(keep(shared.clone()));
        Ok(Self { shared, keeper })
    }

    /// How the workers stand, without their logs.
    #[must_use]
    pub fn workers(&self) -> Vec<WorkerStatus> {
        self.shared.slots().iter().map(|slot| slot.status(Vec::new())).collect()
    }

    #[must_use]
    pub fn process(&self) -> &ProcessInfo {
        &self.shared.parts.process
    }

    /// Stops all workers, after their jobs or at once, and waits for them.
    pub async fn shutdown(self, now: bool) {
        let command = if now { WorkerCommand::StopNow } else { WorkerCommand::Stop };
        let mut tasks = Vec::new();
        for slot in self.shared.slots().iter_mut() {
            slot.obey(command, &self.shared);
            tasks.extend(slot.task.take());
        }
        for task in tasks {
            let _ = task.await;
        }
        self.shared.ended.send_replace(true);
        self.shared.ends.notify_one();
        let _ = self.keeper.await;
    }
}

impl PoolShared {
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Keeps the pool in the list until it ends:
/// 1. workers that ended to be restarted are started;
/// 2. how they stand is written, and what they are told is read and passed on;
/// 3. jobs of workers that died, anywhere, are taken back;
/// 4. it waits for the next beat, a command, or the end.
async fn keep(shared: Arc<PoolShared>) {
    let parts = &shared.parts;
    let mut commands = parts.workers.command_wakes();
    loop {
        for slot in shared.slots().iter_mut() {
            slot.restart_if_ended(&shared);
        }
        beat(&shared).await;
        if *shared.ended.borrow() {
            if let Err(error) = parts.workers.leave(parts.process.clone()).await {
                tracing::warn!("the workers stay on the list until they are taken for dead: {}", chain(&error));
            }
            return;
        }
        match parts.jobs.reap(parts.clock.now(), &wait_after_loss).await {
            Ok(reaped) => reaped.iter().for_each(|job| {
                let worker = job.worker.as_deref().unwrap_or("?");
                tracing::warn!(job = job.job_id.get(), worker, "a worker died; its job is now {}", job.state);
            }),
            Err(error) => tracing::warn!("cannot look for dead workers' jobs: {}", chain(&error)),
        }
        let until = later(parts.clock.now(), POOL_BEAT);
        tokio::select! {
            () = parts.clock.sleep_until(until) => {}
            _ = commands.changed() => {}
            () = shared.ends.notified() => {}
        }
    }
}

async fn beat(shared: &Arc<PoolShared>) {
    let parts = &shared.parts;
    let workers: Vec<_> = shared.slots().iter().map(|slot| slot.status(std::mem::take(&mut slot.log()))).collect();
    let logs: HashMap<String, Vec<LogLine>> = workers.iter().map(|w| (w.name.clone(), w.log.clone())).collect();
    let beat = PoolBeat { process: parts.process.clone(), usage: shared.meter.look(), workers, now: parts.clock.now() };
    match parts.workers.beat(beat).await {
        Ok(commands) => {
            let mut slots = shared.slots();
            for (name, command) in commands {
                if let Some(slot) = slots.iter_mut().find(|slot| slot.name == name) {
                    slot.obey(command, shared);
                }
            }
        }
        Err(error) => {
            tracing::warn!("the workers cannot be written to the list: {}", chain(&error));
            for slot in shared.slots().iter() {
                let mut log = logs.get(&slot.name).cloned().unwrap_or_default();
                let mut newer = slot.log();
                log.append(&mut newer);
                *newer = log;
            }
        }
    }
}

impl Slot {
    fn stopped(name: String) -> Self {
        Self {
            name,
            orders: watch::Sender::new(Order::StopAfterJob),
            doing: watch::Sender::new(Doing::Waiting).subscribe(),
            task: None,
            started_at: None,
            done: Arc::default(),
            restart: false,
            log: Arc::default(),
        }
    }

    fn runs(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
    }

    fn start(&mut self, shared: &Arc<PoolShared>) {
        let parts = &shared.parts;
        let (orders, order) = watch::channel(Order::Work);
        let (doing_sender, doing) = watch::channel(Doing::Waiting);
        let (log, clock) = (self.log.clone(), parts.clock.clone());
        let worker = Worker {
            name: self.name.clone(),
            store: parts.jobs.clone(),
            handlers: parts.handlers.clone(),
            clock: parts.clock.clone(),
            limits: parts.limits,
            rhythm: parts.rhythm,
            orders: order,
            doing: doing_sender,
            done: self.done.clone(),
            say: Arc::new(move |level: LogLevel, told: &Told| {
                let line = LogLine::told(clock.now(), level, told);
                log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
            }),
        };
        (self.orders, self.doing) = (orders, doing);
        self.started_at = Some(parts.clock.now());
        self.restart = false;
        self.task = Some(tokio::spawn(worker.run()));
    }

    fn obey(&mut self, command: WorkerCommand, shared: &Arc<PoolShared>) {
        let runs = self.runs();
        let stops = *self.orders.borrow() != Order::Work;
        match command {
            // Told to start while it still stops: it does so once it has.
            WorkerCommand::Start if runs => self.restart = stops,
            WorkerCommand::Start => self.start(shared),
            WorkerCommand::Restart if runs => {
                self.restart = true;
                self.orders.send_replace(Order::StopAfterJob);
            }
            WorkerCommand::Restart => self.start(shared),
            WorkerCommand::Stop | WorkerCommand::StopNow => {
                self.restart = false;
                let now = command == WorkerCommand::StopNow;
                self.orders.send_replace(if now { Order::StopNow } else { Order::StopAfterJob });
            }
        }
    }

    fn restart_if_ended(&mut self, shared: &Arc<PoolShared>) {
        if self.restart && !self.runs() {
            self.start(shared);
        }
    }

    fn status(&self, log: Vec<LogLine>) -> WorkerStatus {
        let job = match &*self.doing.borrow() {
            Doing::Working { job_id, kind } if self.runs() => Some((*job_id, *kind)),
            _ => None,
        };
        let state = match (self.runs(), *self.orders.borrow() == Order::Work, job) {
            (false, _, _) => WorkerState::Stopped,
            (true, false, _) => WorkerState::Stopping,
            (true, true, Some(_)) => WorkerState::Busy,
            (true, true, None) => WorkerState::Idle,
        };
        let jobs_done = self.done.load(Ordering::Relaxed);
        WorkerStatus { name: self.name.clone(), state, job, started_at: self.started_at, jobs_done, log }
    }

    fn log(&self) -> MutexGuard<'_, Vec<LogLine>> {
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
