//! A restore, as a server orders it and an agent reports it.

use rempart_model::{BlobId, Overwrite};
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::problem::Problems;
use crate::job::{JobLease, JobOffer};
use crate::refusal::{Refusal, Result};

/// The payload of a restore's offer. The session reads the tree and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreOrder {
    /// The snapshot's root tree.
    pub tree: BlobId,
    /// Paths in the snapshot; empty: everything.
    #[serde(default)]
    pub paths: Vec<String>,
    /// An absolute folder below which everything gets its full path; absent: where the files came from.
    #[serde(default)]
    pub target: Option<String>,
    /// As the snapshot names them: they must be in its tree where the target is absent.
    #[serde(default)]
    pub source_paths: Vec<String>,
    #[serde(default)]
    pub overwrite: Overwrite,
    /// Also removes, in restored folders, what the snapshot does not hold.
    #[serde(default)]
    pub delete: bool,
    /// Tells what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Reads everything again afterwards and compares.
    #[serde(default)]
    pub verify: bool,
    #[serde(default)]
    pub limits: Limits,
}

/// The details of a restore's result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestoreOutcome {
    pub dry_run: bool,
    /// For people.
    pub target: String,
    #[serde(flatten)]
    pub counts: RestoreCounts,
    #[serde(flatten)]
    pub problems: Problems,
    /// What was, or would be, done to each entry that is not left as it is: the first of them.
    pub changes: RestoreChanges,
    /// The target has no room left.
    pub is_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RestoreCounts {
    pub created: u64,
    pub replaced: u64,
    pub updated: u64,
    /// Only owner, mode, times or attributes were not right.
    pub described: u64,
    pub unchanged: u64,
    pub kept: u64,
    pub deleted: u64,
    pub files: u64,
    pub directories: u64,
    pub total_bytes: u64,
    pub written_bytes: u64,
    pub verified: u64,
}

/// What was done to one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreChange {
    /// For people.
    pub path: String,
    /// `create`, `replace`, `update`, `describe`, `keep`, `delete`.
    pub action: String,
    pub size_bytes: u64,
}

/// The first changes of a restore, within what a result holds beside its problems.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RestoreChanges {
    pub first: Vec<RestoreChange>,
    #[serde(skip)]
    held_bytes: usize,
}

const CHANGES: usize = 1000;
const CHANGES_BYTES: usize = 64 << 10;

impl RestoreChanges {
    /// Keeps a change while there is room. False where there is none.
    pub fn add(&mut self, change: RestoreChange) -> bool {
        let bytes = serde_json::to_vec(&change).map_or(CHANGES_BYTES, |json| json.len() + 1);
        let fits = self.first.len() < CHANGES && self.held_bytes + bytes <= CHANGES_BYTES;
        self.held_bytes += bytes;
        if fits {
            self.first.push(change);
        }
        fits
    }
}

impl RestoreOrder {
    /// The offer that carries it.
    pub fn offer(&self, lease: JobLease) -> Result<JobOffer> {
        self.limits.check()?;
        let payload = serde_json::to_value(self).map_err(|error| Refusal::malformed(error.to_string()))?;
        Ok(JobOffer { lease, kind: rempart_model::JobKind::Restore, payload })
    }

    /// Reads an offer's payload.
    pub fn read(payload: &serde_json::Value) -> Result<Self> {
        let order = Self::deserialize(payload).map_err(|error| Refusal::malformed(error.to_string()))?;
        order.limits.check()?;
        Ok(order)
    }
}
