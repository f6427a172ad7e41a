//! What the work for one machine may take of it and of the network. The words of JSON bodies and of the catalog alike.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// How the work of an agent stands behind what else its machine does.
    WorkPriority("priority") {
        /// Like any other program.
        Normal = "normal",
        /// Behind other programs where processor or disks are busy.
        Low = "low",
        /// Only what nobody else wants: on a busy machine it may hardly get on.
        Idle = "idle",
    }
}

/// The limits of a machine's agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AgentLimits {
    pub priority: WorkPriority,
    /// Of one job, in each direction, at hours that `hours` does not name. None: as fast as it goes.
    pub bytes_per_second: Option<u64>,
    /// The first that holds counts.
    pub hours: Vec<HourLimit>,
    /// Whose hours: an IANA name such as `Europe/Paris`.
    pub time_zone: String,
}

/// Another limit at some hours of each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HourLimit {
    /// 0 to 23.
    pub from: u8,
    /// 1 to 24, and not `from`. Before `from`: of the next day.
    pub until: u8,
    /// None: as fast as it goes.
    pub bytes_per_second: Option<u64>,
}

impl Default for AgentLimits {
    fn default() -> Self {
        let priority = WorkPriority::Low;
        Self { priority, bytes_per_second: None, hours: Vec::new(), time_zone: "UTC".to_owned() }
    }
}
