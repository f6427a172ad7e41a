//! Who is kept and who goes: pure functions of facts, told the time zone and never asking the clock.
//!
//! - **Owns**: schedules ([`Schedule`]), retention ([`RetentionPolicy`], [`retain`], [`retention_of`]), grouping of snapshots
//!   ([`group`]), spans such as `1y6m`, whether a plan's data is protected ([`protection()`]), when a machine's figures ask for
//!   a person ([`Thresholds`]), when a disk will be full ([`full_at`]), how fast data may travel at which hour ([`Bandwidth`]).
//! - **May use**: `model`, jiff.
//! - **Must not know**: repositories, files, SQL, the current time.
//! - **Invariants**: the same facts give the same decisions in any input order; every kept snapshot carries at least one
//!   reason; a policy that keeps nothing by design is refused, not applied.
//!
//! ```
//! use rempart_policy::{Facts, Keep, RetentionPolicy, retain};
//! let policy = RetentionPolicy { last: Keep::Count(1), ..RetentionPolicy::default() };
//! let facts = [Facts::new([1; 32], "2026-03-01T10:00:00Z"), Facts::new([2; 32], "2026-03-02T10:00:00Z")];
//! let decisions = retain(&policy, &facts, &jiff::tz::TimeZone::UTC).unwrap();
//! assert!(decisions[0].is_kept() && decisions[0].id == facts[1].id, "newest first, and kept");
//! assert!(!decisions[1].is_kept());
//! ```

mod bandwidth;
mod bucket;
mod facts;
mod forecast;
mod group;
mod protection;
mod retention;
mod schedule;
mod spec;
mod threshold;
mod within;

pub use bandwidth::{Bandwidth, BandwidthError, LEAST_BYTES_PER_SECOND, MOST_HOUR_LIMITS, RateFrom};
pub use bucket::Period;
pub use facts::Facts;
pub use forecast::full_at;
pub use group::{Group, GroupBy, GroupKey, ParseGroupByError, group};
pub use protection::{GRACE, LastRun, Protection, ProtectionFacts, protection, worst};
pub use retention::{Decision, Keep, PolicyError, Reason, RetentionPolicy, retain};
pub use schedule::{CronField, Schedule, ScheduleError};
pub use spec::retention_of;
pub use threshold::{MARGIN_PERCENT, Thresholds, ThresholdsError, stands, stands_for_long};
pub use within::{ParseWithinError, Within};
