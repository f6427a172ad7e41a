//! Snapshots, what is in them, and bringing it back.

use jiff::Timestamp;
use rempart_model::Overwrite;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::FileKind;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub id: i64,
    /// 64 hexadecimal digits: its name in the repository.
    pub snapshot_hash: String,
    pub short_hash: String,
    pub repository_id: i64,
    pub repository_name: String,
    pub server_id: Option<i64>,
    pub server_name: Option<String>,
    pub plan_id: Option<i64>,
    pub plan_name: Option<String>,
    pub run_id: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    pub taken_at: Timestamp,
    pub host_name: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    pub program: Option<String>,
    pub files: Option<u64>,
    pub size_bytes: Option<u64>,
    pub added_bytes: Option<u64>,
    /// Something was left out: its run says what.
    pub incomplete: bool,
    /// When its data was last read back and found right.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
    /// The last look found it damaged.
    pub damaged: bool,
    /// It is not in its repository any more, though nobody here removed it.
    pub vanished: bool,
}

/// An entry of a snapshot's folder.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotEntry {
    /// What is not UTF-8 is shown as U+FFFD; `path` addresses it all the same.
    pub name: String,
    /// Percent-encoded bytes: goes into `path` as it is.
    pub path: String,
    pub kind: FileKind,
    pub size_bytes: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub modified_at: Option<Timestamp>,
    /// `rwxr-x---`.
    pub mode: String,
    pub owner: String,
    pub group: String,
    pub link_target: Option<String>,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreRequest {
    /// As the entries name them; empty: everything.
    pub paths: Vec<String>,
    /// Onto which server; `null`: the one that the files came from, or this machine where that is not known.
    #[serde(default)]
    pub server_id: Option<i64>,
    /// A folder, as the explorer writes its path; `null`: where the files came from.
    pub target: Option<String>,
    pub overwrite: Overwrite,
    /// Also remove, in restored folders, what the snapshot does not hold.
    pub delete: bool,
    /// Only say what would happen, as the job's result.
    pub dry_run: bool,
    /// Read every restored file back and compare.
    pub verify: bool,
}
