//! Keeping a repository healthy: check, prune, repair, copy, statistics.
//!
//! Everything here follows one shape: look, plan, show, execute. A plan is plain data that a person can read before
//! anything is deleted; execution needs an exclusive lock and asks it again before each step that removes something.

mod check;
mod copy;
mod marks;
mod observer;
mod packs;
mod prune;
mod reach;
mod removal;
mod repair;
mod seen;
mod threads;
mod trees;

pub use check::{CheckOptions, CheckReport, ParseReadDataError, Problem, ReadData, Severity};
pub use copy::{CopyOptions, CopyReport};
pub use observer::{MaintenanceObserver, NoObserver, Step};
pub use prune::{Limit, ParseLimitError, PruneOptions, PrunePlan, PruneStats};
pub use repair::{IndexRepairPlan, PackRepair, SnapshotRepair};
pub use trees::VisitReference;
