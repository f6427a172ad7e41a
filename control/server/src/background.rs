//! What goes on beside the answering of requests: workers, the scheduler, measuring, copies, sweeping. The same for
//! `rempart server` and `rempart worker`, which does without the scheduler and the keeping of the catalog.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rempart_catalog::{Catalog, CatalogError, Keeping};
use rempart_jobs::{Pool, PoolParts, Rhythm, Scheduler, StoreError, SystemClock};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::preferences::{ApplicationSettings, SETTINGS};
use crate::state::AppState;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Server,
    /// Jobs only.
    Worker,
}

/// Runs until it is shut down.
pub struct Background {
    pool: Pool,
    keepers: Vec<JoinHandle<()>>,
    end: CancellationToken,
}

impl Background {
    /// Settles what a crash left, then begins to work.
    pub async fn start(state: &AppState, role: Role) -> Result<Self, BackgroundError> {
        state.work.start().await.map_err(|trouble| BackgroundError::Work(Box::new(trouble)))?;
        take_back(state).await?;
        let jobs = Arc::new(state.jobs.clone());
        let clock = Arc::new(SystemClock);
        let end = CancellationToken::new();
        let pool = Pool::start(PoolParts {
            jobs: jobs.clone(),
            workers: jobs.clone(),
            handlers: Arc::new(state.work.handlers()),
            clock: clock.clone(),
            limits: state.limits(),
            rhythm: Rhythm::default(),
            process: state.process.clone(),
            count: state.settings.max_concurrent_global.max(1),
        })
        .await?;
        let mut keepers = Vec::new();
        if role == Role::Server {
            keepers.push(tokio::spawn(state.work.clone().keep_pools_measured(end.clone())));
            keepers.push(tokio::spawn(state.work.clone().keep_servers_watched(end.clone())));
            keepers.push(tokio::spawn(keep_catalog(state.clone(), end.clone())));
            keepers.push(tokio::spawn(state.work.clone().keep_agents(state.process.id.clone(), end.clone())));
            if state.settings.scheduler_enabled {
                let (scheduler, end) = (Scheduler { store: jobs, clock }, end.clone());
                keepers.push(tokio::spawn(async move { scheduler.run(end).await }));
            }
        }
        Ok(Self { pool, keepers, end })
    }

    /// Ends in order: jobs at work go back to the queue.
    pub async fn shutdown(self) {
        self.end.cancel();
        self.pool.shutdown(true).await;
        for keeper in self.keepers {
            let _ = keeper.await;
        }
    }
}

/// A process that was killed on this machine has left jobs behind, whose leases need not run out first. Its number may be
/// this process's own by now, as in a container.
async fn take_back(state: &AppState) -> Result<(), BackgroundError> {
    let own = state.process.pid;
    let is_dead = |pid: u32| pid == own || !std::path::Path::new(&format!("/proc/{pid}")).exists();
    for job in state.catalog.take_back_from_dead(&state.process.host, is_dead, Timestamp::now()).await? {
        tracing::warn!(job = job.job_id.get(), "its worker died; the job is now {}", job.state);
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum BackgroundError {
    #[error("what was begun before cannot be settled")]
    Work(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Copies at the start and daily, and drops what is old, as the settings of then say.
async fn keep_catalog(state: AppState, end: CancellationToken) {
    let folder = state.settings.backups_dir.join("copies");
    let catalog = &state.catalog;
    catalog.keep_house(&SystemClock, &folder, || keeping(catalog), end.cancelled()).await;
}

/// How long things are kept: logs, as administrators set it.
///
/// # Errors
/// Where the settings cannot be read: then nothing is known to be old.
pub async fn keeping(catalog: &Catalog) -> Result<Keeping, CatalogError> {
    let settings = catalog.settings::<ApplicationSettings>(SETTINGS).await?.value;
    let logs = Duration::from_secs(24 * 60 * 60) * settings.log_retention_days;
    Ok(Keeping { logs, ..Keeping::default() })
}
