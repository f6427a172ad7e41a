//! The two traits between `archive` and storage. `archive` knows these and nothing behind them, so that the far side
//! can be this machine's repository or a server at the other end of a session.

use std::num::NonZeroU32;

use rempart_format::{BlobKind, Snapshot, TreeBytes};
use rempart_model::{BlobId, SnapshotId};

use crate::{ErrorKind, RepositoryError};

/// A blob ready to be sealed: its name, and its bytes as they are stored (zstd where `uncompressed_bytes` is present).
#[derive(Debug, Clone, Copy)]
pub struct PreparedBlob<'a> {
    pub id: BlobId,
    pub payload: &'a [u8],
    pub uncompressed_bytes: Option<NonZeroU32>,
}

/// Where new blobs go. Shared by all workers of one backup. Local: [`crate::Writer`]. Far: an agent's session.
///
/// An error of any call spoils the sink: nothing can be committed after it.
pub trait BlobSink: Send + Sync {
    /// For each id: is it wanted from this caller? `false`: stored already, or claimed by an earlier call; who is told
    /// `true` must `put` it. Answers from memory; a far sink batches ahead. `wanted` is cleared first.
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> Result<(), BlobError>;
    /// Takes claimed blobs: seals and appends them on the calling thread. Blocks while too many bytes are in flight.
    /// Returns bytes as stored (sealed), for the summary.
    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> Result<u64, BlobError>;
    /// Whether every frame is unpacked and compared with its name before it is stored. Where it is not, who compresses does.
    fn unpacks(&self) -> bool {
        false
    }
    /// Packs durable, then the index, then the snapshot. Called once, last.
    fn commit(&self, snapshot: &Snapshot) -> Result<SnapshotId, BlobError>;
}

/// What [`BlobSource::read_blobs`] calls for each blob: its place in the request, and its plaintext or what went wrong.
/// Returning `false` stops the reading.
pub type Deliver<'a> = dyn Fn(usize, Result<&[u8], BlobError>) -> bool + Sync + 'a;

/// From this length on, a tree is left packed where it can be.
pub const LONG_TREE_BYTES: u64 = 8 << 20;

/// Where blobs come from. Local: [`crate::Repository`]. Far: an agent's session.
pub trait BlobSource: Send + Sync {
    /// The plaintext, checked (MAC, zstd, SHA-256).
    fn read_blob(&self, kind: BlobKind, id: &BlobId) -> Result<Vec<u8>, BlobError>;
    /// A tree, checked like any blob. One that is long may be left packed: unpacked it can be ten times as long.
    fn read_tree(&self, id: &BlobId) -> Result<TreeBytes, BlobError> {
        self.read_blob(BlobKind::Tree, id).map(TreeBytes::Whole)
    }
    /// Calls `deliver(index into ids, plaintext or error)` for each, in the order that is best for the storage (by pack and
    /// offset, neighbours merged up to 1 MiB gaps); may call from several threads. `deliver` returning false stops.
    /// An error of one blob is delivered and the others go on; the call itself fails where nothing can be read at all.
    fn read_blobs(&self, kind: BlobKind, ids: &[BlobId], deliver: &Deliver<'_>) -> Result<(), BlobError>;
    /// Whether it is there, and its plaintext length.
    fn plaintext_bytes(&self, kind: BlobKind, id: &BlobId) -> Option<u64>;
}

/// Why a sink cannot go on, or a blob cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A far sink or source: the session with the server failed.
    #[error("the session that carries the data failed")]
    Session { kind: ErrorKind, source: Box<dyn std::error::Error + Send + Sync> },
}

impl BlobError {
    /// For callers who hold the repository itself, whose sinks and sources fail in no other way.
    #[must_use]
    pub fn into_repository(self) -> RepositoryError {
        match self {
            Self::Repository(error) => error,
            Self::Session { source, .. } => RepositoryError::Invariant { reason: source.to_string() },
        }
    }
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Repository(error) => error.kind(),
            Self::Session { kind, .. } => *kind,
        }
    }
}
