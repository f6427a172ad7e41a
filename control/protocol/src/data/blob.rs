//! Blobs as they travel.

use std::num::NonZeroU32;

use bytes::Bytes;
use rempart_model::BlobId;

use crate::limits::BLOB_BYTES;
use crate::refusal::{Refusal, Result, within};

/// What a blob is to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChunkKind {
    /// A piece of a file.
    Data,
    /// A directory's listing.
    Tree,
}

/// A blob with its name, compressed (zstd) where `uncompressed_bytes` is present. The name is the SHA-256 of the plaintext:
/// whoever stores or restores it checks that, the protocol does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub id: BlobId,
    pub uncompressed_bytes: Option<NonZeroU32>,
    pub payload: Bytes,
}

impl Blob {
    /// There are no empty blobs, and none that are longer than the limit.
    pub(super) fn check(&self) -> Result<()> {
        if self.payload.is_empty() {
            return Err(Refusal::malformed(format!("blob {} is empty", self.id)));
        }
        within("blob, in bytes", self.payload.len(), BLOB_BYTES)
    }
}

impl ChunkKind {
    pub(super) const fn wire(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Tree => 1,
        }
    }

    pub(super) fn from_wire(number: u8) -> Result<Self> {
        match number {
            0 => Ok(Self::Data),
            1 => Ok(Self::Tree),
            other => Err(Refusal::malformed(format!("kind {other} of a blob"))),
        }
    }
}
