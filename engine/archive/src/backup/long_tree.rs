//! Trees of directories with thousands of entries and more: encoded in pieces, twice, and never held whole.
//!
//! The JSON of a million entries is some 400 MB. Encoding it takes a quarter of a second, so it is made once for its name
//! and, where the sink wants it, once more for the compressor. The second pass uses the directory's list up, block by
//! block, while the frame and the record for the next run grow: they are never in memory together.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering::Relaxed;

use rempart_crypto::Sha256Stream;
use rempart_format::{BlobKind, FormatError};
use rempart_model::BlobId;
use rempart_repository::PreparedBlob;

use super::dir::{Dir, Listed, Subtree};
use super::error::{BackupError, Result};
use super::finish::{Records, kept_record, subtree};
use super::listing::{Content, Entry, Listing};
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
        for (index, entry) in listing.entries.iter().enumerate() {
            self.encode_entry(listing.names.get(index), entry)?;
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
    fn encode_entry(&mut self, name: &[u8], entry: &Entry) -> Result<()> {
        match entry.content {
            Content::LeftOut => return Ok(()),
            Content::Pending => return Err(BackupError::Internal { what: "an entry was never finished" }),
            _ => {}
        }
        entry.fill(name, &self.run.owners, self.run.options.device_ids, &mut self.node);
        self.encoder.push(&self.node).map_err(internal)
    }

    /// Stores a long tree where it is wanted, and its records where they are not the last run's.
    pub(super) fn store_long(&mut self, dir: &Dir, listed: Listed, tree: &Passed) -> Result<Subtree> {
        let len = u32::try_from(tree.len_bytes).ok().and_then(NonZeroU32::new);
        let Some(uncompressed_bytes) = len else {
            return Err(internal(FormatError::TooLarge { limit_bytes: u32::MAX.into() }));
        };
        let mut wanted = Vec::new();
        self.run.sink.claim(BlobKind::Tree, &[tree.id], &mut wanted)?;
        let kept = kept_record(listed.same_as, &tree.id);
        let mut records = Records::new(dir, tree.id);
        let wanted_records = kept.is_none().then_some(&mut records);
        let frame = self.use_up(listed.listing, tree, wanted == [true], wanted_records)?;
        if let Some(frame) = frame {
            let blob = PreparedBlob { id: tree.id, payload: &frame, uncompressed_bytes: Some(uncompressed_bytes) };
            let stored_bytes = self.run.sink.put(BlobKind::Tree, &[blob])?;
            self.run.counts.tree_blobs.fetch_add(1, Relaxed);
            self.run.progress.added(tree.len_bytes, stored_bytes);
            self.run.counts.added_bytes.fetch_add(tree.len_bytes, Relaxed);
            self.run.counts.added_packed_bytes.fetch_add(stored_bytes, Relaxed);
        }
        Ok(subtree(tree.id, kept, records, listed.xattrs))
    }

    /// Goes through a list for the last time: into a frame, into records, or both.
    fn use_up(
        &mut self,
        listing: Listing,
        tree: &Passed,
        wants_frame: bool,
        mut records: Option<&mut Records>,
    ) -> Result<Option<Vec<u8>>> {
        let Listing { names, entries } = listing;
        // Taken out while the frame borrows it: encoding needs the rest of the worker.
        let mut compressor = self.take_compressor()?;
        let mut frame = match wants_frame {
            true => Some(compressor.begin(tree.len_bytes).map_err(internal)?),
            false => None,
        };
        self.encoder.restart();
        for (from, mut block) in entries.into_blocks() {
            if let Some(frame) = &mut frame {
                for (index, entry) in block.iter().enumerate() {
                    self.encode_entry(names.get(from + index), entry)?;
                    if self.encoder.len_bytes() >= PIECE_BYTES {
                        self.encoder.take_piece(|piece| frame.push(piece)).map_err(internal)?;
                    }
                }
            }
            if let Some(records) = &mut records {
                self.write_record(records, &names, from, &mut block);
            }
        }
        drop(names);
        let frame = match frame {
            Some(mut frame) => {
                self.encoder.finish_pieces(|piece| frame.push(piece)).map_err(internal)?;
                Some(frame.finish(tree.id.as_bytes()).map_err(internal)?)
            }
            None => None,
        };
        self.give_compressor_back(compressor);
        Ok(frame)
    }
}
