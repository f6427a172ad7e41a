//! What each kind of job does, with the engine at hand.
//!
//! - **Owns**: job handlers, the watching of servers, pools and repositories as stores, sealed secrets, browsing and restoring
//!   of snapshots, agents as the protocol's machines see them, and their coming onto other machines.
//! - **May use**: `catalog`, `deploy`, `jobs`, `policy`, `protocol`, `sources/host`, the engine, `model`.
//! - **Must not know**: HTTP, sessions, roles.
//! - **Invariants**: a secret is in the catalog only sealed; a run that lost one file never says that it succeeded; what
//!   was begun is either finished or taken back.
//!
//! ```no_run
//! # async fn example(catalog: rempart_catalog::Catalog) -> Result<(), Box<dyn std::error::Error>> {
//! use rempart_work::{MasterKey, Work, WorkSettings};
//! let data = std::path::Path::new("/var/lib/rempart");
//! let key = std::sync::Arc::new(MasterKey::open_or_create(data)?);
//! let work = Work::new(catalog, key, WorkSettings::in_directory(data));
//! work.start().await?; // registers this machine, settles what a crash left
//! let handlers = work.handlers(); // for the workers
//! # let _ = handlers; Ok(())
//! # }
//! ```

pub mod agent;
pub mod browse;
pub mod deploy;
pub mod explorer;
pub mod handler;
mod local;
pub mod pool;
mod queue;
pub mod repository;
pub mod secret;
pub mod task;
pub mod transfer;
pub mod trouble;
pub mod watch;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_catalog::Catalog;
use rempart_crypto::KdfParams;
use rempart_deploy::Programs;
use rempart_host::stats::StatsReader;
use rempart_model::PoolId;
use rempart_protocol::Identity;
use tokio::sync::OnceCell;

use agent::Agents;
pub use local::LocalMachine;
use repository::OpenRepositories;
pub use secret::{MasterKey, MasterKeyError, SecretText};
pub use trouble::{Told, Tongue, Trouble, localised};

/// Everything that work needs. One per process, shared.
pub struct Work {
    pub catalog: Catalog,
    pub(crate) key: Arc<MasterKey>,
    pub(crate) cache_dir: PathBuf,
    pub(crate) kdf: KdfParams,
    pub(crate) machine: LocalMachine,
    pub repositories: OpenRepositories,
    pub agents: Agents,
    /// By which agents know this server.
    identity: OnceCell<Arc<Identity>>,
    /// Figures of this machine: how busy it is, is known between two readings.
    stats: Arc<Mutex<StatsReader>>,
    /// When this process last asked for each pool's measurement.
    asked_analyses: Mutex<HashMap<PoolId, Timestamp>>,
    /// The agent's programs that can be installed elsewhere.
    pub(crate) agent_programs: Programs,
}

/// Where work keeps things, and what it knows of this machine.
#[derive(Debug, Clone)]
pub struct WorkSettings {
    /// Local copies of indexes, and what the last backups saw; can be deleted at any time.
    pub cache_dir: PathBuf,
    /// The cost of trying passwords of new repositories.
    pub kdf: KdfParams,
    pub machine: LocalMachine,
    pub agent_programs: Programs,
}

impl WorkSettings {
    /// As a server with this data directory has them.
    #[must_use]
    pub fn in_directory(data: &Path) -> Self {
        Self {
            cache_dir: data.join("cache"),
            kdf: KdfParams::DEFAULT,
            machine: LocalMachine::detect(),
            agent_programs: Programs::of_server(data),
        }
    }
}

impl Work {
    #[must_use]
    pub fn new(catalog: Catalog, key: Arc<MasterKey>, settings: WorkSettings) -> Arc<Self> {
        Arc::new(Self {
            catalog,
            key,
            cache_dir: settings.cache_dir,
            kdf: settings.kdf,
            machine: settings.machine,
            repositories: OpenRepositories::default(),
            agents: Agents::default(),
            identity: OnceCell::new(),
            stats: Arc::default(),
            asked_analyses: Mutex::default(),
            agent_programs: settings.agent_programs,
        })
    }
}

/// As the queue and the catalog keep it.
pub(crate) fn as_json<T: serde::Serialize>(value: &T) -> trouble::Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| Trouble::new(&trouble::table::INTERNAL).because(error))
}

/// Runs blocking work on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> trouble::Result<T> + Send + 'static,
) -> trouble::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Trouble::new(&trouble::table::INTERNAL).because(error)),
    }
}
