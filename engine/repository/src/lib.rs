//! A repository: open, index, pack, commit, forget, prune, check, repair, copy.
//!
//! - **Owns**: the order of writes, locks, the index and its local cache, and the two traits between `archive` and
//!   storage: [`BlobSink`] and [`BlobSource`].
//! - **May use**: `storage`, `format`, `crypto`, `model`.
//! - **Must not know**: source file systems, servers, SQL, agents.
//! - **Invariants**: packs durable → index → snapshot last; a blob is checked (MAC, then SHA-256) at every read; nothing
//!   is deleted without an exclusive lock; the local cache can be deleted at any time.
#![allow(dead_code, unused_variables, clippy::todo)] // SEAM: signatures first; the bodies follow

use rempart_format::BlobKind;
use rempart_model::{BlobId, SnapshotId};

/// A blob ready to be sealed: its name, and its bytes as they are stored (zstd where `uncompressed_bytes` is present).
pub struct PreparedBlob<'a> {
    pub id: BlobId,
    pub payload: &'a [u8],
    pub uncompressed_bytes: Option<std::num::NonZeroU32>,
}

/// Where new blobs go. Shared by all workers of one backup. Local: `Writer`. Far: an agent's session.
pub trait BlobSink: Send + Sync {
    /// For each id: is it wanted from this caller? `false`: stored already, or claimed by an earlier call; who is told
    /// `true` must `put` it. Answers from memory; a far sink batches ahead.
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> Result<(), SinkError>;
    /// Takes claimed blobs: seals and appends them on the calling thread. Blocks while too many bytes are in flight.
    /// Returns bytes as stored (sealed), for the summary.
    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> Result<u64, SinkError>;
    /// Packs durable, then the index, then the snapshot. Called once, last.
    fn commit(&self, snapshot: &rempart_format::Snapshot) -> Result<SnapshotId, SinkError>;
}

/// Where blobs come from. Local: `Repository`. Far: an agent's session.
pub trait BlobSource: Send + Sync {
    /// The plaintext, checked (MAC, zstd, SHA-256).
    fn read_blob(&self, kind: BlobKind, id: &BlobId) -> Result<Vec<u8>, SourceError>;
    /// Calls `deliver(index into ids, plaintext or error)` for each, in the order that is best for the storage (by pack and
    /// offset, neighbours merged up to 1 MiB gaps); may call from several threads. `deliver` returning false stops.
    fn read_blobs(&self, kind: BlobKind, ids: &[BlobId], deliver: &(dyn Fn(usize, Result<&[u8], SourceError>) -> bool + Sync)) -> Result<(), SourceError>;
    /// Whether it is there, and its plaintext length.
    fn plaintext_bytes(&self, kind: BlobKind, id: &BlobId) -> Option<u64>;
}
pub struct SinkError; pub struct SourceError;
