//! What a job may take of the machine and of the network.

use jiff::Timestamp;
use rempart_model::WorkPriority;
use serde::{Deserialize, Serialize};

use crate::limits::PACE_STEPS;
use crate::refusal::{Result, within};

/// Part of every order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// In the order of their moments. Each side keeps to it in what it sends, all connections of the session together. Before
    /// the first, and where there is none: as fast as it goes.
    pub pace: Vec<PaceStep>,
    /// Of the agent's work.
    pub priority: WorkPriority,
}

/// How fast, from a moment on. Moments, and not hours: an agent need not know the calendar of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaceStep {
    pub from: Timestamp,
    /// None: as fast as it goes.
    pub bytes_per_second: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pace: Vec::new(), priority: WorkPriority::Normal }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<()> {
        within("changes of pace in an order", self.pace.len(), PACE_STEPS)
    }
}
