//! What a plan says: which folders, when, what is kept. The words of JSON bodies and of the catalog alike.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// What becomes of a fire time that passed while no server ran.
    Missed("missed policy") {
        /// The plan runs once as soon as it can, however many fire times have passed.
        CatchUp = "catch_up",
        /// Each is reported as a missed run.
        Report = "report",
    }

    /// How hard new data is compressed.
    Compression("compression") {
        Off = "off",
        Fast = "fast",
        Auto = "auto",
        Max = "max",
    }
}

/// What a plan says beside its name, its server and its repository.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlanSpec {
    pub sources: Sources,
    /// None: the plan runs when somebody asks for it.
    pub schedule: Option<ScheduleSpec>,
    /// None: every snapshot is kept.
    pub retention: Option<RetentionSpec>,
    pub compression: Compression,
    pub tags: Vec<String>,
    /// -10 to 10; higher goes first.
    pub priority: i32,
    /// How often a run that failed is tried again before it is reported.
    pub max_retries: u32,
    /// Each run is followed by a check that reads back what it stored.
    pub verify_after_run: bool,
}

/// Which files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sources {
    /// Absolute paths on the protected server, as the explorer writes them.
    pub folders: Vec<String>,
    /// Patterns as in .gitignore.
    pub excludes: Vec<String>,
    pub exclude_caches: bool,
    pub one_file_system: bool,
    pub exclude_larger_than_bytes: Option<u64>,
}

// The macro writes the enum, which leaves no place for `#[default]`.
#[allow(clippy::derivable_impls)]
impl Default for Compression {
    fn default() -> Self {
        Self::Auto
    }
}

/// When a plan fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Schedule))]
#[serde(rename_all = "camelCase")]
pub struct ScheduleSpec {
    /// Five fields, or six with seconds in front.
    pub cron: String,
    /// An IANA name such as `Europe/Paris`.
    pub time_zone: String,
    pub missed: Missed,
}

/// How many are kept of each kind; 0: none by this rule. Rules add up; all 0 and no `within`: everything is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Retention))]
#[serde(rename_all = "camelCase")]
pub struct RetentionSpec {
    pub last: u32,
    pub hourly: u32,
    pub daily: u32,
    pub weekly: u32,
    pub monthly: u32,
    pub quarterly: u32,
    pub yearly: u32,
    /// A span such as `14d` or `1y6m`: everything not older, counted from the newest snapshot.
    pub within: Option<String>,
}
