//! Snapshots: what was backed up, when, by whom, and the id of the root tree.
use jiff::Timestamp;
use rempart_model::{BlobId, SnapshotId};

/// A moment with the offset its JSON was written with (restic writes the local one); equality and order are the instant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime { pub instant: Timestamp, pub offset_seconds: i32 }

/// A path as restic writes it: bytes; in JSON a string (bytes that are not UTF-8 as Go writes them).
pub type PathBytes = Vec<u8>;

#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub time: WallTime,
    pub parent: Option<SnapshotId>,
    pub tree: BlobId,
    pub paths: Vec<String>,
    pub hostname: String,
    pub username: String,
    pub uid: u32,
    pub gid: u32,
    pub excludes: Vec<String>,
    pub tags: Vec<String>,
    pub original: Option<SnapshotId>,
    pub program_version: Option<String>,
    pub summary: Option<SnapshotSummary>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotSummary {
    pub backup_start: WallTime,
    pub backup_end: WallTime,
    pub files_new: u64, pub files_changed: u64, pub files_unmodified: u64,
    pub dirs_new: u64, pub dirs_changed: u64, pub dirs_unmodified: u64,
    pub data_blobs: u64, pub tree_blobs: u64,
    /// Plaintext bytes of new blobs.
    pub data_added: u64,
    /// Stored (sealed) bytes of new blobs.
    pub data_added_packed: u64,
    pub total_files_processed: u64,
    pub total_bytes_processed: u64,
}
// impl Snapshot { encode(&self) -> Vec<u8>; decode(&[u8]) -> Result<Self, FormatError> }
