//! The bodies of requests and answers: the contract with the web UI and with scripts.
//!
//! Names are camelCase in JSON; instants are RFC 3339 in UTC; `…Bytes` and `…Ms` carry their unit; ids are integers. A field
//! that may be missing is `null`, never left out, so that a client need not ask twice.

mod access;
mod agents;
mod capabilities;
mod dashboard;
mod deploy;
mod infrastructure;
mod plans;
mod runs;
mod snapshots;
mod stats;

pub use access::*;
pub use agents::*;
pub use capabilities::*;
pub use dashboard::*;
pub use deploy::*;
pub use infrastructure::*;
pub use plans::*;
pub use runs::*;
pub use snapshots::*;
pub use stats::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Gives the next page as `cursor`; `null` on the last one.
    pub next_cursor: Option<String>,
    /// How many there are in all, as far as the filter goes; 10,000 may mean: at least so many.
    pub total: u64,
}

/// What every refusal looks like.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// For programs: stable, such as `plan.name_taken`.
    pub code: String,
    /// For people, in their language.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The field of the request that is at fault.
    pub field: Option<String>,
}

/// Work that goes on after the answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    pub job_id: i64,
    pub run_id: Option<i64>,
}
