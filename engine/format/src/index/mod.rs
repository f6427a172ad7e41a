//! Indexes: which pack holds which blob. `{"packs":[{"id":…,"blobs":[{"id","type","offset","length",…}]}]}`.

mod decode;
mod encode;

pub use decode::for_each_pack;
pub use encode::IndexEncoder;

/// Blobs after which restic closes an index file and begins another.
pub const INDEX_FULL_BLOBS: usize = 50_000;
