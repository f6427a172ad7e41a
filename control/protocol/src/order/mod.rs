//! Jobs in words: what an offer's payload orders, what a result's details tell, what a commit asks for.
//!
//! JSON objects; a field that an older side does not know is passed over. Paths are text as `rempart-host` and the explorer
//! spell them: UTF-8 as it is, other bytes in percent code, a percent sign that begins no code for itself.

mod backup;
mod limits;
mod problem;
mod restore;

pub use backup::{BackupOrder, BackupOutcome, BackupSummary, CommitRequest, ParentSnapshot};
pub use limits::{Limits, PaceStep};
pub use problem::{FileProblem, PROBLEMS_BYTES, Problems};
pub use restore::{RestoreChange, RestoreChanges, RestoreCounts, RestoreOrder, RestoreOutcome};
