//! Object stores: named, immutable objects on disk, S3, Google Cloud Storage, Azure, SFTP, restic REST.
//!
//! - **Owns**: the [`ObjectStore`] trait, its backends, its decorators (retry, limit, record, fault), [`Location`].
//! - **May use**: `model`.
//! - **Must not know**: encryption, packs, JSON of the repository.
//! - **Invariants**: an object appears whole under its name or not at all; what `write` accepted survives a crash once
//!   `sync` has returned; names are checked, so none leads outside the store; every error says which object and place.
//!
//! The trait is blocking: the engine works on threads. A backend that speaks async keeps its own runtime inside
//! (docs/decisions/0001-blocking-storage.md).
//!
//! ```no_run
//! use rempart_storage::{Location, ObjectKind, ObjectName, OpenOptions};
//! let location: Location = "/srv/repository".parse()?;
//! let store = rempart_storage::open(&location, &OpenOptions::default())?;
//! store.create()?;
//! store.write(ObjectName::Config, "…".into())?;
//! store.sync()?;
//! for snapshot in store.list(ObjectKind::Snapshot)? {
//!     let bytes = store.read(ObjectName::Named(ObjectKind::Snapshot, snapshot.id))?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "cloud")]
mod cloud;
mod crash;
mod environment;
mod error;
mod fault;
#[cfg(any(feature = "cloud", feature = "rest"))]
mod http;
mod limit;
mod local;
mod location;
mod name;
mod open;
mod operation;
mod options;
mod record;
#[cfg(feature = "rest")]
mod rest;
mod retry;
#[cfg(any(feature = "cloud", feature = "rest", feature = "sftp"))]
mod runtime;
mod secret;
#[cfg(feature = "sftp")]
mod sftp;
mod store;
mod wait;

pub use crash::{CrashStore, Unsynced};
pub use environment::ENVIRONMENT;
pub use error::{ErrorKind, Result, StorageError};
pub use fault::{Fault, FaultPlan, FaultStore, Trigger};
pub use limit::{LimitStore, Limits};
pub use local::LocalStore;
pub use location::{Location, LocationError};
pub use name::{Listed, ObjectKind, ObjectName};
pub use open::{open, sftp_host_key};
pub use operation::Operation;
pub use options::{
    AzureOptions, BucketIn, ConditionalWrite, GcsOptions, HostKeyPolicy, OpenOptions, ProxyOptions, RestOptions,
    S3Options, SftpOptions, Timeouts,
};
pub use record::{Counts, RecordStore, Tally};
pub use retry::{RetryPolicy, RetryStore};
pub use secret::Secret;
pub use store::{ObjectStore, PendingPack, ReadAdvice};
