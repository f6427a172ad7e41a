//! Runs of plans, jobs of the queue, their logs.

use jiff::Timestamp;
pub use rempart_model::{JobKind, JobProgress, JobState, LogLevel, RunCounters, RunState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunOrigin {
    Schedule,
    User,
    Api,
    Retry,
}

/// A run in lists.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    pub id: i64,
    pub plan_id: Option<i64>,
    pub plan_name: String,
    pub server_id: i64,
    pub server_name: String,
    pub repository_id: Option<i64>,
    pub state: RunState,
    pub origin: RunOrigin,
    pub job_id: Option<i64>,
    /// When it was due, by the schedule.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub fire_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub queued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub counters: RunCounters,
    /// Source bytes a second, over the whole run.
    pub rate_bytes_per_second: u64,
    /// Why it failed or warns, in the reader's language.
    pub message: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    #[serde(flatten)]
    pub summary: RunSummary,
    pub snapshot_id: Option<i64>,
    /// Paths being read now; only while it runs.
    pub current_files: Vec<String>,
    pub eta_seconds: Option<u64>,
    pub attempt: u32,
}

/// One file that is not in the recovery point, or not as it was.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunProblem {
    pub path: String,
    /// `unreadable`, `vanished`, `changed`, …
    pub kind: String,
    pub message: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub id: i64,
    pub kind: JobKind,
    pub state: JobState,
    pub title: String,
    pub run_id: Option<i64>,
    pub server_id: Option<i64>,
    pub repository_id: Option<i64>,
    pub pool_id: Option<i64>,
    pub worker: Option<String>,
    pub priority: i32,
    pub attempt: u32,
    pub max_attempts: u32,
    /// Why it waits, where it does: `global`, `server`, `repository`, `retry`, `agent`.
    pub waits_for: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub queued_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub cancel_requested: bool,
    pub progress: Option<JobProgress>,
    /// What came of it; its shape depends on the kind.
    pub result: Option<serde_json::Value>,
    pub message: Option<String>,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    pub seq: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub level: LogLevel,
    pub text: String,
}
