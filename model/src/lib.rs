//! The words that every room of the house shares.
//!
//! - **Owns**: identifiers of repositories ([`BlobId`], [`PackId`], [`SnapshotId`], …) and of the catalog ([`PlanId`],
//!   [`JobId`], …), the outcome of a run ([`Outcome`]), states of jobs and runs, a plan's words, roles and
//!   permissions, the request to stop ([`CancelToken`]).
//! - **May use**: serde, and nothing else.
//! - **Must not know**: files, networks, formats, databases.
//! - **Invariants**: an identifier prints as 64 lowercase hexadecimal digits and reads nothing else; a
//!   state's transitions ([`JobState::valid_previous_states`]) and the table of roles ([`Role::may`]) are written once.
//!
//! ```
//! use rempart_model::{BlobId, SnapshotId};
//! let id: BlobId = "00".repeat(32).parse().unwrap();
//! assert_eq!(id.short(), "00000000");
//! assert!("xyz".parse::<SnapshotId>().is_err());
//! ```

mod access;
mod alert;
mod cancel;
mod id;
mod job;
mod limits;
mod outcome;
mod plan;
mod progress;
mod restore;
mod row_id;
mod ssh;
mod storage;
mod word;

pub use access::{Permission, Role};
pub use alert::{AlertKind, AlertSubject};
pub use cancel::CancelToken;
pub use id::{BlobId, Id, IdPrefix, IndexId, KeyId, LockId, PackId, ParseIdError, RepositoryId, SnapshotId};
pub use job::{Access, JobKind, JobState, LogLevel, RunOrigin, RunState};
pub use limits::{AgentLimits, HourLimit, WorkPriority};
pub use outcome::Outcome;
pub use plan::{Compression, Missed, PlanSpec, RetentionSpec, ScheduleSpec, Sources};
pub use progress::{JobProgress, RunCounters};
pub use restore::Overwrite;
pub use row_id::{
    AuditId, JobId, JobLogId, ParseRowIdError, PlanId, PoolId, PoolSampleId, ProblemId, RepoClientId, RepoId, RunId,
    ServerId, SessionId, SnapshotRowId, TokenId, UserId, WorkerId,
};
pub use ssh::{HostKeyState, SshMethod};
pub use storage::{ClientMode, PoolKind, PoolState, RepositoryState};
pub use word::{ParseWordError, Word};
