//! How far work is: counted while it goes on, kept with the run when it has ended.
//!
//! Rows of the catalog and agents of other versions hold these words. A field that comes later is
//! `#[serde(default)] #[cfg_attr(feature = "openapi", schema(required = true))]`: readable where it is missing, always answered.

use serde::{Deserialize, Serialize};

/// Everything that is counted of a run, while it goes on and after it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunCounters {
    pub files_total: u64,
    pub files_done: u64,
    pub files_new: u64,
    pub files_changed: u64,
    pub files_unmodified: u64,
    pub dirs_new: u64,
    pub dirs_changed: u64,
    pub dirs_unmodified: u64,
    /// Bytes of the sources.
    pub bytes_total: u64,
    pub bytes_done: u64,
    /// New to the repository, before compression: what deduplication left.
    pub added_bytes: u64,
    /// The same, as it is stored.
    pub stored_bytes: u64,
    pub problem_count: u64,
}

/// What a job says about itself while it runs: the `data` of a `progress` event of the topic `jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JobProgress {
    /// What it is at: `scanning`, `reading`, `committing`, `restoring`, `checking`, `deleting`, `repacking`, …
    pub step: String,
    pub counters: RunCounters,
    pub rate_bytes_per_second: u64,
    pub eta_seconds: Option<u64>,
    pub current_files: Vec<String>,
}
