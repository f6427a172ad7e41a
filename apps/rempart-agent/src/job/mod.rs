//! What a backup and a restore do: orders of the server carried out by the engine, on threads of their own.

mod backup;
mod fault;
mod gauge;
mod path;
mod priority;
mod restore;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use rempart_model::{JobKind, Outcome};
use rempart_protocol::Refusal;
use rempart_protocol::job::{JobLease, JobOffer, JobResult};
use rempart_protocol::order::{BackupOrder, Limits, RestoreOrder};
use tokio::runtime::Handle;

pub use gauge::{Gauge, Why};

use crate::session::{Machine, Session};
use crate::settings::Home;
use fault::Fault;

/// What a job is to do.
pub enum Order {
    Backup(Box<BackupOrder>),
    Restore(RestoreOrder),
}

/// Everything that a job works with.
pub struct Work {
    pub lease: JobLease,
    pub order: Order,
    pub gauge: Arc<Gauge>,
    pub home: Arc<Home>,
    /// The agent's folder.
    pub folder: PathBuf,
    /// Where the connections' tasks run.
    pub handle: Handle,
}

impl Order {
    /// `None`: a kind of job that is not an agent's.
    pub fn read(offer: &JobOffer) -> Option<rempart_protocol::Result<Self>> {
        match offer.kind {
            JobKind::Backup => Some(BackupOrder::read(&offer.payload).map(|order| Self::Backup(Box::new(order)))),
            JobKind::Restore => Some(RestoreOrder::read(&offer.payload).map(Self::Restore)),
            JobKind::Check
            | JobKind::Verify
            | JobKind::Forget
            | JobKind::Prune
            | JobKind::SnapshotDelete
            | JobKind::RepositoryRefresh
            | JobKind::PoolAnalysis
            | JobKind::AgentInstall
            | JobKind::AgentUpgrade
            | JobKind::AgentRestart
            | JobKind::AgentUninstall
            | JobKind::AgentJournal => None,
        }
    }

    const fn limits(&self) -> &Limits {
        match self {
            Self::Backup(order) => &order.limits,
            Self::Restore(order) => &order.limits,
        }
    }
}

/// How a job ended.
struct Done {
    outcome: Outcome,
    details: serde_json::Value,
    code: Option<&'static str>,
    message: Option<String>,
}

/// Carries a job out, to its result.
pub fn run(work: Work) -> JobResult {
    let (lease, gauge) = (work.lease, Arc::clone(&work.gauge));
    // One job's fault must not take the agent with it.
    let ended = catch_unwind(AssertUnwindSafe(|| carry_out(&work)));
    match ended {
        Ok(Ok(done)) => {
            let mut result = JobResult::new(lease, done.outcome);
            result.details = done.details;
            result.code = done.code.map(str::to_owned);
            result.message = done.message;
            result
        }
        Ok(Err(fault)) => fault.result(lease, &gauge),
        Err(_) => Fault::own("a job panicked; the agent's log says where").result(lease, &gauge),
    }
}

/// Of an offer that cannot be read.
pub fn unreadable(lease: JobLease, refusal: &Refusal) -> JobResult {
    Fault::new("job.payload", refusal.to_string()).result(lease, &Gauge::new())
}

fn carry_out(work: &Work) -> Result<Done, Fault> {
    let machine = match work.order {
        Order::Backup(_) => Machine::backup(),
        Order::Restore(_) => Machine::restore(),
    };
    let limits = work.order.limits();
    if let Err(error) = priority::lower(limits.priority) {
        tracing::warn!(%error, "the job runs like any other program of the machine");
    }
    let (home, cancel) = (Arc::clone(&work.home), work.gauge.cancel.clone());
    let session = Session::open(home, work.lease, machine, limits.clone(), cancel, &work.handle);
    let ended = match &work.order {
        Order::Backup(order) => backup::run(order, &session, &work.gauge, &work.folder),
        Order::Restore(order) => restore::run(order, &session, &work.gauge),
    };
    match ended {
        Ok(done) => {
            session.close();
            Ok(done)
        }
        Err(fault) => {
            // What the session says of itself tells more than what the engine made of it.
            let fault = match session.fault() {
                Some(of_session) => fault.because(of_session),
                None => fault,
            };
            session.abort(&fault.message);
            Err(fault)
        }
    }
}
