//! Figures of a machine, now and over time, and what asks for a person.

use jiff::Timestamp;
use rempart_model::AlertKind;
use rempart_policy as policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Severity;

/// What the last look at a machine found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerStats {
    /// By the clock of the server; `null`: nobody has looked yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_at: Option<Timestamp>,
    pub figures: Option<HostStats>,
    /// File systems that fill steadily, by a straight line through what they held in the last four weeks. The others have
    /// no date.
    pub forecasts: Vec<DiskForecast>,
    /// From where on there is an alert.
    pub thresholds: Thresholds,
}

/// When a file system will be full if it goes on so.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiskForecast {
    pub mount_point: String,
    #[schema(value_type = String, format = DateTime)]
    pub full_at: Timestamp,
}

/// Figures of a machine at one moment, as it says itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostStats {
    /// By the machine's own clock.
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    pub system: HostSystem,
    pub cpu: HostCpu,
    pub memory: HostMemory,
    pub disks: Vec<HostDisk>,
    pub addresses: Vec<HostAddress>,
    #[schema(value_type = String, format = DateTime)]
    pub booted_at: Timestamp,
    pub uptime_seconds: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostSystem {
    pub host_name: String,
    pub os: String,
    pub kernel: String,
    pub architecture: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostCpu {
    pub model: Option<String>,
    pub cores: u32,
    /// Over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Of all cores, since the look before.
    pub usage_percent: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostMemory {
    pub total_bytes: u64,
    /// What programs can still get without swapping.
    pub available_bytes: u64,
    pub swap_total_bytes: u64,
    pub swap_free_bytes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostDisk {
    pub mount_point: String,
    pub device: String,
    pub file_system: String,
    pub read_only: bool,
    /// `null` where asking could hang, as on file systems of other machines.
    pub space: Option<HostSpace>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostSpace {
    pub total_bytes: u64,
    pub free_bytes: u64,
    /// What ordinary users can still write.
    pub available_bytes: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostAddress {
    pub interface: String,
    pub address: String,
}

/// How far back a history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HistoryRange {
    /// Every look.
    Day,
    /// Means of hours.
    Week,
    /// Means of hours.
    Month,
    /// Means of days.
    Year,
}

/// Figures over time, oldest first. While a machine was not there nothing is said of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsHistory {
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Between two points where nothing is missing, about.
    pub step_seconds: u32,
    pub points: Vec<StatsPoint>,
    pub disks: Vec<DiskHistory>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsPoint {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub cpu_percent: Option<f64>,
    /// The highest of the span.
    pub cpu_peak_percent: Option<f64>,
    pub load: f64,
    pub memory_used_bytes: u64,
    pub memory_total_bytes: u64,
    pub swap_used_bytes: u64,
    pub swap_total_bytes: u64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiskHistory {
    pub mount_point: String,
    pub points: Vec<DiskPoint>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiskPoint {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub used_bytes: u64,
    /// What ordinary users can have of it.
    pub size_bytes: u64,
}

/// From where on a machine's figures raise an alert. `null`: that figure is not watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thresholds {
    /// Of all cores, for ten minutes and more.
    #[schema(minimum = 10, maximum = 100)]
    pub cpu_percent: Option<u8>,
    /// For ten minutes and more.
    #[schema(minimum = 10, maximum = 100)]
    pub memory_percent: Option<u8>,
    /// Of each file system.
    #[schema(minimum = 10, maximum = 100)]
    pub disk_percent: Option<u8>,
    /// A file system that will be full within so many days.
    #[schema(minimum = 1, maximum = 365)]
    pub disk_full_days: Option<u16>,
}

impl From<policy::Thresholds> for Thresholds {
    fn from(from: policy::Thresholds) -> Self {
        let policy::Thresholds { cpu_percent, memory_percent, disk_percent, disk_full_days } = from;
        Self { cpu_percent, memory_percent, disk_percent, disk_full_days }
    }
}

impl From<Thresholds> for policy::Thresholds {
    fn from(from: Thresholds) -> Self {
        let Thresholds { cpu_percent, memory_percent, disk_percent, disk_full_days } = from;
        Self { cpu_percent, memory_percent, disk_percent, disk_full_days }
    }
}

/// Those of servers that have none of their own.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefaultThresholds {
    pub thresholds: Thresholds,
    pub version: i64,
}

/// Of one server.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerThresholds {
    /// `null`: it follows the settings.
    pub own: Option<Thresholds>,
    /// Those of the settings.
    pub defaults: Thresholds,
    pub version: i64,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerThresholdsWrite {
    /// `null`: it follows the settings from now on.
    pub own: Option<Thresholds>,
}

/// What asked for a person on a machine.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerAlert {
    pub id: i64,
    pub kind: AlertKind,
    pub severity: Severity,
    /// In the reader's language, with the figures of the last look while it stood.
    pub message: String,
    /// Of the file system that it is about, where it is about one.
    pub mount_point: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// `null` while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}
