//! One answer first: are we protected?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Plan, Protection, RunSummary};

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    /// The worst state over all plans; `null`: there is no plan.
    pub protection: Option<Protection>,
    pub counts: ProtectionCounts,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_run_at: Option<Timestamp>,
    /// The recovery point, newest of its plan, that was verified longest ago; `null`: one was never verified.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_verification_at: Option<Timestamp>,
    pub plans: Vec<Plan>,
    pub running: Vec<RunSummary>,
    pub recent: Vec<RunSummary>,
    pub storage: Vec<StorageUse>,
    pub alerts: Vec<Alert>,
    pub snapshot_count: u64,
    pub stored_bytes: u64,
    pub protected_bytes: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProtectionCounts {
    pub protected: u32,
    pub warning: u32,
    pub failed: u32,
    pub overdue: u32,
    pub never: u32,
    pub paused: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageUse {
    pub pool_id: i64,
    pub pool_name: String,
    pub used_bytes: u64,
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    /// Oldest first; one a day at most.
    pub history: Vec<StoragePoint>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoragePoint {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub used_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub severity: Severity,
    /// Such as `plan.overdue`, `pool.nearly_full`, `repository.kit_unconfirmed`.
    pub code: String,
    /// In the reader's language.
    pub message: String,
    /// Where the UI leads to, such as `/plans/3`.
    pub link: Option<String>,
}
