//! The metadata database: entities, migrations, queries; SQLite and PostgreSQL from one source.
//!
//! - **Owns**: every table, every query; the rules of how SQLite and PostgreSQL are opened.
//! - **May use**: `jobs` (whose `JobStore` it implements), `policy`, `model`.
//! - **Must not know**: HTTP, repositories, what a job does.
//! - **Invariants**: instants are UTC milliseconds; a write transaction on SQLite begins IMMEDIATE, on one connection;
//!   whoever changes something appends the event of it in the same transaction.
//!
//! An area is one file of queries (`plans.rs` is the pattern) and one file of tables (`migrations/0011_plans.sql`): reads
//! are methods of [`Catalog`], writes are methods of [`WriteTx`], both give plain structs.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use rempart_catalog::{Catalog, CatalogUrl, PageRequest, PlanFilter};
//! let catalog = Catalog::open(&"sqlite:///var/lib/rempart/catalog.sqlite".parse::<CatalogUrl>()?).await?;
//! let plans = catalog.plans(&PlanFilter::default(), &PageRequest::first(50)).await?;
//! # Ok(())
//! # }
//! ```

mod agent_installs;
mod agents;
mod alerts;
mod audit;
mod by_name;
mod copies;
mod deployment;
mod enrolments;
mod error;
mod event_reader;
mod events;
#[cfg(test)]
mod explained;
mod housekeeping;
mod jobs;
mod migrate;
mod open;
mod overview;
mod page;
mod plans;
mod pools;
mod recovery;
mod repositories;
mod run_states;
mod runs;
mod scribe;
mod second_factor;
mod server_stats;
mod server_stats_writes;
mod server_thresholds;
mod server_writes;
mod servers;
mod sessions;
mod settings;
mod snapshot_search;
mod snapshots;
mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod transfer;
mod url;
mod users;
mod workers;
mod write;

pub use agents::{AgentAbout, AgentPulse, AgentRow};
pub use alerts::{AlertRow, Cause, Settled};
pub use audit::{AuditBegin, AuditEnd, AuditFilter, AuditOutcome, AuditRow};
pub use copies::COPIES_KEPT;
pub use deployment::{JobSecretRow, SshHostRow};
pub use enrolments::EnrolmentRow;
pub use error::{CatalogError, CatalogErrorKind, DatabaseError};
pub use event_reader::{EventReader, Events};
pub use events::{Event, Topic};
pub use housekeeping::{Keeping, Swept};
pub use jobs::{CatalogJobs, JobFilter, LogRow};
pub use open::{Catalog, Dialect};
pub use overview::{PlanOverview, RunTally, Verified};
pub use page::{Page, PageRequest, TOTAL_LIMIT};
pub use plans::{NewPlan, PlanFilter, PlanRow};
pub use pools::{NewPool, PoolRow, PoolSample};
pub use repositories::{CheckOutcome, NewRepoClient, NewRepository, RepoClientRow, RepositoryFilter, RepositoryRow};
pub use runs::{Problem, ProblemRow, RunFilter, RunRow};
pub use server_stats::{DiskSample, Look, SampleSpan, ServerSample, Taken};
pub use server_thresholds::ServerThresholds;
pub use servers::{LocalServer, ServerRow};
pub use sessions::{NewSession, NewToken, Recognised, SessionRow, TokenRow};
pub use settings::SettingsRow;
pub use snapshots::{KnownSnapshot, NewSnapshot, SnapshotFilter, SnapshotRow};
pub use url::{CatalogUrl, ParseCatalogUrlError};
pub use users::{NewUser, UserChange, UserRow};
pub use workers::WorkerRow;
pub use write::WriteTx;
