//! Trees of directories with tens of thousands of entries and more: encoded in pieces, twice, and never held whole.
//!
//! The JSON of a million entries is some 400 MB. Encoding it takes a quarter of a second, so it is made once for its name
//! and, where the sink wants it, once more for the compressor.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering::Relaxed;

use rempart_crypto::Sha256Stream;
use rempart_format::{BlobKind, FormatError};
use rempart_model::BlobId;
use rempart_repository::PreparedBlob;

use super::error::{BackupError, Result};
use super::listing::{Content, Listing};
use super::worker::{Worker, internal};

/// Trees from this length on are not held whole.
pub(super) const PIECE_BYTES: usize = 2 << 20;

/// A tree that was encoded for its name, and is held no more.
pub(super) struct Passed {
    id: BlobId,
    len_bytes: u64,
}

/// The name of a long tree in the making.
#[derive(Default)]
struct Naming {
    hash: Sha256Stream,
    len_bytes: u64,
}

impl Naming {
    fn take(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.len_bytes += piece.len() as u64;
    }
}

impl Worker<'_, '_> {
    /// Encodes a directory. `None`: the encoder holds it, whole but for its end.
    pub(super) fn encode_listing(&mut self, listing: &Listing) -> Result<Option<Passed>> {
        self.encoder.restart();
        let mut naming = Naming::default();
        for index in 0..listing.entries.len() {
            self.encode_entry(listing, index)?;
            if self.encoder.len_bytes() >= PIECE_BYTES {
                self.encoder.take_piece(|piece| naming.take(piece));
            }
        }
        if naming.len_bytes == 0 {
            return Ok(None);
        }
        self.encoder.finish_pieces(|piece| naming.take(piece));
        Ok(Some(Passed { id: BlobId::new(naming.hash.finish()), len_bytes: naming.len_bytes }))
    }

    /// Appends what is stored of an entry to the encoder.
    fn encode_entry(&mut self, listing: &Listing, index: usize) -> Result<()> {
        let entry = &listing.entries[index];
        match entry.content {
            Content::LeftOut => return Ok(()),
            Content::Pending => return Err(BackupError::Internal { what: "an entry was never finished" }),
            _ => {}
        }
        entry.fill(listing.names.get(index), &self.run.owners, self.run.options.device_ids, &mut self.node);
        self.encoder.push(&self.node).map_err(internal)
    }

    /// Stores a long tree where it is wanted.
    pub(super) fn store_long_tree(&mut self, listing: &Listing, tree: &Passed) -> Result<BlobId> {
        let mut wanted = Vec::new();
        self.run.sink.claim(BlobKind::Tree, &[tree.id], &mut wanted)?;
        if wanted != [true] {
            return Ok(tree.id);
        }
        let len = u32::try_from(tree.len_bytes).ok().and_then(NonZeroU32::new);
        let Some(uncompressed_bytes) = len else {
            return Err(internal(FormatError::TooLarge { limit_bytes: u32::MAX.into() }));
        };
        let frame = self.compress_long_tree(listing, tree)?;
        let blob = PreparedBlob { id: tree.id, payload: &frame, uncompressed_bytes: Some(uncompressed_bytes) };
        let stored_bytes = self.run.sink.put(BlobKind::Tree, &[blob])?;
        self.run.counts.tree_blobs.fetch_add(1, Relaxed);
        self.run.counts.added_bytes.fetch_add(tree.len_bytes, Relaxed);
        self.run.counts.added_packed_bytes.fetch_add(stored_bytes, Relaxed);
        Ok(tree.id)
    }

    fn compress_long_tree(&mut self, listing: &Listing, tree: &Passed) -> Result<Vec<u8>> {
        // Taken out while the frame borrows it: encoding needs the rest of the worker.
        let mut compressor = self.take_compressor()?;
        let mut frame = compressor.begin(tree.len_bytes).map_err(internal)?;
        self.encoder.restart();
        for index in 0..listing.entries.len() {
            self.encode_entry(listing, index)?;
            if self.encoder.len_bytes() >= PIECE_BYTES {
                self.encoder.take_piece(|piece| frame.push(piece)).map_err(internal)?;
            }
        }
        self.encoder.finish_pieces(|piece| frame.push(piece)).map_err(internal)?;
        let frame = frame.finish(tree.id.as_bytes()).map_err(internal)?;
        self.give_compressor_back(compressor);
        Ok(frame)
    }
}
