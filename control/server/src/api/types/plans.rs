//! Plans: what is protected, when, where, and how long it is kept.

use jiff::Timestamp;
pub use rempart_model::{Compression, Missed, RetentionSpec, ScheduleSpec, Sources};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RunState, RunSummary};

/// Whether a plan's data could be restored as its schedule promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Protection {
    /// The newest recovery point is as young as the schedule asks.
    Protected,
    /// The last run left something out.
    Warning,
    /// The last run failed.
    Failed,
    /// A run should have happened and did not.
    Overdue,
    /// It never ran.
    Never,
    Paused,
}

/// What a plan is, as it is written.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanWrite {
    pub name: String,
    pub server_id: i64,
    pub repository_id: i64,
    pub enabled: bool,
    pub sources: Sources,
    pub schedule: Option<ScheduleSpec>,
    pub retention: Option<RetentionSpec>,
    pub compression: Compression,
    pub tags: Vec<String>,
    /// −10 to 10; higher goes first.
    pub priority: i32,
    pub max_retries: u32,
    /// Every run is followed by a check that reads back what it stored, and marks the recovery point as verified.
    pub verify_after_run: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub id: i64,
    #[serde(flatten)]
    pub plan: PlanWrite,
    pub server_name: String,
    pub repository_name: String,
    pub protection: Protection,
    pub last_run: Option<RunSummary>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_run_at: Option<Timestamp>,
    /// One for each of the last 30 days, oldest first: the worst outcome of that day.
    pub strip: Vec<StripDay>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub version: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StripDay {
    /// `2026-11-21`, in the server's time zone.
    pub date: String,
    /// `null`: nothing ran.
    pub state: Option<RunState>,
    pub runs: u32,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePreviewRequest {
    pub cron: String,
    pub time_zone: String,
    /// At most 50.
    pub count: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePreview {
    #[schema(value_type = Vec<String>, format = DateTime)]
    pub runs: Vec<Timestamp>,
}
