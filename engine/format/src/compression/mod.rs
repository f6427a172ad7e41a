//! zstd as restic uses it: one frame per blob, without dictionary or checksum, its content size in the header.

mod compressor;
mod decompress;
mod pieces;
mod sample;

pub use compressor::{Compressor, StoredBlob};
pub use decompress::{Unpacker, decompress_behind, decompress_into, decompress_within, unpack_pieces};
pub use pieces::FramePieces;
pub use sample::is_incompressible;

use std::fmt;
use std::str::FromStr;

/// How hard to compress what is backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Compression {
    /// Data is stored as it is. Trees, indexes and snapshots are compressed nevertheless: restic's prune would rewrite
    /// packs of uncompressed trees at every run.
    Off,
    /// Little work for most of the gain.
    Fast,
    #[default]
    Auto,
    /// Several times the work for a few per cent.
    Max,
}

impl Compression {
    /// zstd's level for this kind of work; for [`Self::Off`] that of trees and files.
    #[must_use]
    pub const fn level(self) -> i32 {
        match self {
            Self::Fast => 1,
            Self::Off | Self::Auto => 3,
            Self::Max => 12,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fast => "fast",
            Self::Auto => "auto",
            Self::Max => "max",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no compression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no compression: use auto, off, fast or max")]
pub struct ParseCompressionError {
    pub word: String,
}

impl FromStr for Compression {
    type Err = ParseCompressionError;

    /// Also takes restic's word for fast: `fastest`.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "off" => Ok(Self::Off),
            "fast" | "fastest" => Ok(Self::Fast),
            "auto" => Ok(Self::Auto),
            "max" => Ok(Self::Max),
            _ => Err(ParseCompressionError { word: word.to_owned() }),
        }
    }
}
