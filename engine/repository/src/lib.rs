//! A repository: open, index, pack, commit, forget, prune, check, repair, copy.
//!
//! - **Owns**: the order of writes, locks, the index and its local cache, and the two traits between `archive` and
//!   storage: [`BlobSink`] and [`BlobSource`].
//! - **May use**: `storage`, `format`, `crypto`, `model`.
//! - **Must not know**: source file systems, servers, SQL, agents.
//! - **Invariants**: packs durable → index → snapshot last; a blob is checked (MAC, then SHA-256) at every read; nothing
//!   is deleted without an exclusive lock; the local cache can be deleted at any time.

mod cache;
mod cat;
mod clock;
mod decode;
mod error;
mod files;
mod identity;
mod index;
mod keys;
mod lock;
mod maintain;
mod open;
mod read;
mod repository;
mod sink;
mod snapshots;
mod writer;

pub use clock::{Clock, SystemClock};
pub use error::{ErrorKind, RepositoryError, Result};
pub use index::{BlobLocation, Index};
pub use keys::KeyInfo;
pub use lock::{LockGuard, LockInfo, LockMode, PendingLock, UnlockScope};
pub use maintain::{
    CheckOptions, CheckReport, CopyOptions, CopyReport, IndexRepairPlan, Limit, MaintenanceObserver, NoObserver,
    PackRepair, ParseLimitError, ParseReadDataError, Problem, PruneOptions, PrunePlan, PruneStats, ReadData, Severity,
    SnapshotRepair, Step, VisitReference,
};
pub use repository::{InitOptions, OpenOptions, Repository};
pub use sink::{BlobError, BlobSink, BlobSource, Deliver, LONG_TREE_BYTES, PreparedBlob};
pub use snapshots::StoredSnapshot;
pub use writer::{SealedBlob, Writer, WriterLock, WriterOptions, WriterStats};
