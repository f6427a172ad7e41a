//! Repairing a tree that is too long to be unpacked whole: a first pass tells what is lost of it and what the rest will be
//! called, and only where something is lost a second one stores the rest.

use std::num::NonZeroU32;

use rempart_crypto::Sha256Stream;
use rempart_format::{BlobKind, Compression, Compressor, LocalZone, Node, NodeKind, TreeCursor, TreeEncoder};
use rempart_model::BlobId;

use super::snapshots::{Rewriter, if_there};
use crate::maintain::removal::stop_if_canceled;
use crate::{BlobError, BlobSink, BlobSource, PreparedBlob, RepositoryError, Result};

/// What is encoded at a time.
const PIECE_BYTES: usize = 2 << 20;

impl Rewriter<'_> {
    /// The tree to use instead of this one, itself where nothing is lost; `None` where the whole tree is lost.
    pub(super) fn long_tree(&mut self, id: &BlobId, path: &mut Vec<u8>) -> Result<Option<BlobId>> {
        let (mut hash, mut len_bytes) = (Sha256Stream::new(), 0);
        let changed = self.rewrite(id, path, &mut |piece| {
            hash.update(piece);
            len_bytes += piece.len() as u64;
            Ok(())
        })?;
        Ok(match changed {
            None => None,
            Some(false) => Some(*id),
            Some(true) => {
                let repaired = BlobId::new(hash.finish());
                self.store_long(id, path, &repaired, len_bytes)?;
                Some(repaired)
            }
        })
    }

    /// Gives away, piece by piece, what remains of a tree. Whether that is another one; `None` where the tree is lost.
    fn rewrite(
        &mut self,
        id: &BlobId,
        path: &mut Vec<u8>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<bool>> {
        let Some(tree) = if_there(self.repository.read_tree(id))? else { return Ok(None) };
        let (mut tree, mut encoder) = (TreeCursor::new(tree), TreeEncoder::new(LocalZone::system()));
        let (mut node, mut changed) = (Node::new(Vec::new(), NodeKind::Other), false);
        loop {
            match tree.next_into(&mut node) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => {
                    self.lose(path);
                    changed = true;
                    break;
                }
            }
            let before = path.len();
            path.push(b'/');
            path.extend_from_slice(&node.name);
            if self.node(&mut node, path)? {
                changed = true;
                encoder.push(&node)?;
            } else {
                encoder.push_raw(&node.name, tree.raw_node())?;
            }
            path.truncate(before);
            if encoder.len_bytes() >= PIECE_BYTES {
                encoder.take_piece(&mut *take)?;
                stop_if_canceled(self.observer)?;
            }
        }
        encoder.finish_pieces(take)?;
        Ok(Some(changed))
    }

    fn store_long(&mut self, id: &BlobId, path: &mut Vec<u8>, repaired: &BlobId, len_bytes: u64) -> Result<()> {
        let Some(writer) = self.writer else { return Ok(()) };
        let mut wanted = Vec::new();
        writer.claim(BlobKind::Tree, &[*repaired], &mut wanted).map_err(BlobError::into_repository)?;
        if wanted != [true] {
            return Ok(());
        }
        let uncompressed_bytes = u32::try_from(len_bytes).ok().and_then(NonZeroU32::new);
        if uncompressed_bytes.is_none() {
            return Err(RepositoryError::TooLarge { what: "a tree", len_bytes });
        }
        let mut compressor = Compressor::new(Compression::Auto)?;
        let mut frame = compressor.begin(len_bytes)?;
        self.is_telling = false;
        let rewritten = self.rewrite(id, path, &mut |piece| Ok(frame.push(piece)?));
        self.is_telling = true;
        rewritten?;
        // Anything but the same bytes as in the first pass is refused here.
        let frame = frame.finish(repaired.as_bytes())?;
        let blob = PreparedBlob { id: *repaired, payload: &frame, uncompressed_bytes };
        writer.put(BlobKind::Tree, &[blob]).map_err(BlobError::into_repository)?;
        Ok(())
    }
}
