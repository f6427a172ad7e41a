//! Blobs as packs and indexes list them.

use std::num::NonZeroU32;

use rempart_model::BlobId;

/// What a blob holds. The two kinds never share a pack, and one id may exist as both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobKind {
    Data,
    Tree,
}

impl BlobKind {
    /// The word that indexes use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Tree => "tree",
        }
    }
}

/// One blob in a pack. `uncompressed_bytes` is present where the payload is zstd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    pub id: BlobId,
    pub kind: BlobKind,
    /// Where the sealed blob begins in the pack.
    pub offset_bytes: u32,
    /// Length of the sealed blob, IV and MAC included.
    pub sealed_bytes: u32,
    pub uncompressed_bytes: Option<NonZeroU32>,
}

impl PackEntry {
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        self.uncompressed_bytes.is_some()
    }

    /// Length of the blob's plaintext: what reading it will yield.
    #[must_use]
    pub const fn plaintext_bytes(&self) -> u32 {
        match self.uncompressed_bytes {
            Some(bytes) => bytes.get(),
            None => self.sealed_bytes.saturating_sub(crate::pack::OVERHEAD_BYTES),
        }
    }

    /// The first byte behind the blob in its pack.
    #[must_use]
    pub const fn end_bytes(&self) -> u64 {
        self.offset_bytes as u64 + self.sealed_bytes as u64
    }
}
