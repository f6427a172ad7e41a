//! A backup, as a server orders it and an agent reports it.

use jiff::Timestamp;
use rempart_model::{BlobId, Compression, IndexId, RepositoryId, SnapshotId, Sources};
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::problem::Problems;
use crate::job::{JobLease, JobOffer};
use crate::limits::{INDEXES_TOLD, JOB_DETAILS_BYTES, SNAPSHOT_BYTES};
use crate::refusal::{Refusal, Result, within};

/// The payload of a backup's offer. The server holds the repository's lock before it writes one: what the order names may not
/// be pruned away until the session ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupOrder {
    pub sources: Sources,
    #[serde(default)]
    pub compression: Compression,
    /// Also what looks unchanged is read.
    #[serde(default)]
    pub read_everything: bool,
    pub repository: RepositoryId,
    /// Irreducible, as the repository's config has it.
    pub chunker_polynomial: u64,
    /// Keeps the change cache of one plan apart from those of others.
    pub cache_scope: String,
    /// The repository's index files. Empty where there are more than [`INDEXES_TOLD`].
    #[serde(default)]
    pub indexes: Vec<IndexId>,
    #[serde(default)]
    pub parent: Option<ParentSnapshot>,
    #[serde(default)]
    pub limits: Limits,
}

/// What the backup is compared with where the agent has no change cache. Its trees are read through the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentSnapshot {
    pub tree: BlobId,
    /// What changed at this moment or later may not be in it as it is now.
    pub started_at: Timestamp,
    /// Files in it, and their bytes: about as many will come. 0 where it does not say.
    #[serde(default)]
    pub files: u64,
    #[serde(default)]
    pub bytes: u64,
}

/// What a backup session's commit asks for. Host name, paths, tags and parent of the snapshot are the server's to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitRequest {
    /// The root tree.
    pub tree: BlobId,
    pub begun_at: Timestamp,
    pub ended_at: Timestamp,
    /// Of the agent's process.
    pub uid: u32,
    pub gid: u32,
    pub summary: BackupSummary,
    /// To be stored before the snapshot makes the run count.
    #[serde(flatten)]
    pub problems: Problems,
}

/// Counts of one run, as a snapshot keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupSummary {
    pub files_new: u64,
    pub files_changed: u64,
    pub files_unmodified: u64,
    pub dirs_new: u64,
    pub dirs_changed: u64,
    pub dirs_unmodified: u64,
    pub data_blobs: u64,
    pub tree_blobs: u64,
    /// Plaintext bytes of new blobs.
    pub data_added_bytes: u64,
    /// The same as stored.
    pub data_added_packed_bytes: u64,
    pub total_files_processed: u64,
    pub total_bytes_processed: u64,
}

/// The details of a backup's result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackupOutcome {
    /// Absent where the run ended without one.
    pub snapshot: Option<SnapshotId>,
    pub summary: BackupSummary,
    /// Also of a run without a snapshot.
    #[serde(flatten)]
    pub problems: Problems,
}

impl BackupOrder {
    /// The offer that carries it.
    pub fn offer(&self, lease: JobLease) -> Result<JobOffer> {
        within("index files in an order", self.indexes.len(), INDEXES_TOLD)?;
        self.limits.check()?;
        let payload = serde_json::to_value(self).map_err(|error| Refusal::malformed(error.to_string()))?;
        Ok(JobOffer { lease, kind: rempart_model::JobKind::Backup, payload })
    }

    /// Reads an offer's payload.
    pub fn read(payload: &serde_json::Value) -> Result<Self> {
        let order = Self::deserialize(payload).map_err(|error| Refusal::malformed(error.to_string()))?;
        within("index files in an order", order.indexes.len(), INDEXES_TOLD)?;
        order.limits.check()?;
        if order.sources.folders.is_empty() {
            return Err(Refusal::malformed("a backup of no folders"));
        }
        Ok(order)
    }
}

impl CommitRequest {
    /// What [`crate::data::AgentBackup::commit`] takes.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(self).map_err(|error| Refusal::malformed(error.to_string()))?;
        within("commit, in bytes", json.len(), SNAPSHOT_BYTES)?;
        Ok(json)
    }

    /// Reads what came with [`crate::data::Arriving::Commit`].
    pub fn decode(json: &[u8]) -> Result<Self> {
        within("commit, in bytes", json.len(), SNAPSHOT_BYTES)?;
        serde_json::from_slice(json).map_err(|error| Refusal::malformed(error.to_string()))
    }
}

// A result with all the problems it may name keeps to the limit of details.
const _: () = assert!(super::problem::PROBLEMS_BYTES + (64 << 10) <= JOB_DETAILS_BYTES);
