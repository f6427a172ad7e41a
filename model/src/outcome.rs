//! How a run ended. Four ways, and no other: a run that lost one file never says "success".

use serde::{Deserialize, Serialize};

/// The end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything asked for is stored.
    Succeeded,
    /// A snapshot exists, and something asked for is not in it, or not as it was asked for; the run lists what.
    Warning,
    /// Nothing that can be restored came of it.
    Failed,
    /// Stopped on request; nothing that can be restored came of it.
    Canceled,
}
