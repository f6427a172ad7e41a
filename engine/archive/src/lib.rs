//! A source tree becomes a snapshot, a snapshot becomes a tree.
//!
//! - **Owns**: walking file systems and snapshots, the change cache, the backup pipeline, what a restore does to a target.
//! - **May use**: `repository` (its traits `BlobSink` and `BlobSource` only), `format`, `chunker`, `crypto`, `model`.
//! - **Must not know**: object stores, packs, keys, servers, SQL.
//! - **Invariants**: nothing prints; paths are bytes; what could not be read or written is named in the report, and a run
//!   that lost one file never looks like one that did not.

pub mod backup;
pub mod browse;
pub mod cancel;
pub mod pattern;
pub mod restore;
