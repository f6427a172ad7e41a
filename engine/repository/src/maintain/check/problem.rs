//! Everything that a check can find, in words that say what it means and what to do.

use rempart_model::{BlobId, IndexId, PackId, SnapshotId};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is lost; `prune` tidies it up.
    Hint,
    /// Something stored, or needed by a snapshot, is lost or wrong.
    Damage,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("index {index} cannot be read: {reason}")]
    IndexUnreadable { index: IndexId, reason: String },
    #[error("pack {pack} is listed with different content by index {first} and index {second}")]
    IndexesDisagree { pack: PackId, first: IndexId, second: IndexId },
    #[error("pack {pack} is listed by {times} index files")]
    PackListedTwice { pack: PackId, times: u32 },
    #[error("pack {pack} is missing; {blobs} blobs were in it")]
    PackMissing { pack: PackId, blobs: u64 },
    #[error("pack {pack} is {actual_bytes} bytes long instead of {expected_bytes}")]
    PackSize { pack: PackId, expected_bytes: u64, actual_bytes: u64 },
    #[error("pack {pack} holds trees and data together, as old programs wrote it")]
    PackMixed { pack: PackId },
    #[error("pack {pack} ({size_bytes} bytes) is in no index: left behind by an interrupted backup")]
    PackOrphaned { pack: PackId, size_bytes: u64 },
    #[error("snapshot {snapshot} cannot be read: {reason}")]
    SnapshotUnreadable { snapshot: SnapshotId, reason: String },
    #[error("tree {tree} is missing{}", within(.parent.as_ref()))]
    TreeMissing { tree: BlobId, parent: Option<BlobId> },
    #[error("tree {tree} cannot be read: {reason}")]
    TreeUnreadable { tree: BlobId, reason: String },
    #[error("{name:?} in tree {tree} {reason}")]
    Node { tree: BlobId, name: String, reason: &'static str },
    #[error("file {name:?} in tree {tree} misses its chunk {blob}")]
    DataMissing { tree: BlobId, name: String, blob: BlobId },
    #[error("pack {pack} cannot be read: {reason}")]
    PackUnreadable { pack: PackId, reason: String },
    #[error("pack {pack} does not have the SHA-256 that it is named by: its bytes have changed")]
    PackHash { pack: PackId },
    #[error("the header of pack {pack} is damaged: {reason}")]
    PackHeader { pack: PackId, reason: String },
    #[error("the header of pack {pack} and the index say different things about its blobs")]
    HeaderAgainstIndex { pack: PackId },
    #[error("blob {blob} in pack {pack} is damaged: {reason}")]
    BlobDamaged { pack: PackId, blob: BlobId, reason: String },
}

fn within(parent: Option<&BlobId>) -> String {
    parent.map_or_else(|| " at the root of a snapshot".to_owned(), |parent| format!(" in tree {parent}"))
}

impl Problem {
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::PackListedTwice { .. } | Self::PackMixed { .. } | Self::PackOrphaned { .. } => Severity::Hint,
            _ => Severity::Damage,
        }
    }

    /// What to do about it: one sentence.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::PackListedTwice { .. } | Self::PackMixed { .. } | Self::PackOrphaned { .. } => {
                "Nothing is lost; `rempart prune` tidies it up."
            }
            Self::IndexUnreadable { .. } | Self::IndexesDisagree { .. } | Self::HeaderAgainstIndex { .. } => {
                "Run `rempart repair index`: it is rebuilt from the packs, and nothing is lost."
            }
            Self::PackMissing { .. } | Self::PackSize { .. } | Self::PackHeader { .. } => {
                "Restore the pack from a copy of the repository; without one run `rempart repair index`, back up again \
                 (what the source still has comes back), then `rempart repair snapshots`."
            }
            Self::SnapshotUnreadable { .. } => {
                "Restore the snapshot file from a copy, or remove it: the other snapshots do not need it."
            }
            Self::TreeMissing { .. } | Self::TreeUnreadable { .. } | Self::Node { .. } | Self::DataMissing { .. } => {
                "Back up the source again: what it still has comes back; then run `rempart repair snapshots`."
            }
            Self::PackUnreadable { .. } => "Look at the storage (cable, disk, network, rights), then check again.",
            Self::PackHash { .. } | Self::BlobDamaged { .. } => {
                "Check the disk and memory; restore the pack from a copy; without one run `rempart repair packs`, back \
                 up again, then `rempart repair snapshots`."
            }
        }
    }
}
