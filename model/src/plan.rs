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

/// The settings of a plan that its repository and server do not already say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanSpec {
    /// Absolute paths of folders and files on the protected server, as a person writes them.
    pub sources: Vec<String>,
    /// Patterns of what is passed over, in the grammar of `rempart backup --exclude`.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// None: the plan runs when somebody asks for it.
    #[serde(default)]
    pub schedule: Option<ScheduleSpec>,
    /// None: every snapshot is kept.
    #[serde(default)]
    pub retention: Option<RetentionSpec>,
    #[serde(default)]
    pub compression: Compression,
}

impl Default for Compression {
    fn default() -> Self {
        Self::Auto
    }
}

/// When a plan fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Five fields, or six with seconds first.
    pub cron: String,
    /// An IANA name such as `Europe/Paris`.
    pub time_zone: String,
    #[serde(default = "catch_up")]
    pub missed: Missed,
}

const fn catch_up() -> Missed {
    Missed::CatchUp
}

/// What is kept: how many of the last, and of each period's newest. Rules add up; an empty one keeps nothing and is
/// refused where it is turned into a policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetentionSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_hourly: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_daily: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_weekly: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_monthly: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_quarterly: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_yearly: Option<u32>,
    /// A span such as `1y6m14d`: everything not older, counted from the newest snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_within: Option<String>,
    /// Snapshots with one of these tags stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep_tags: Vec<String>,
}
