//! Blobs on their way into and out of a link: short ones in batches, long ones in pieces that are put together again.

use super::blob::{Blob, ChunkKind};
use super::frame::Order;
use super::link::Link;
use super::message::{Message, Piece, batch, is_short, pieces};
use crate::refusal::{Refusal, Result};

/// Puts blobs into a link, in as few items as they fit in.
pub fn send(link: &mut Link, kind: ChunkKind, blobs: &[Blob]) {
    let mut rest = blobs;
    while let Some(first) = rest.first() {
        if is_short(first.payload.len()) {
            let short = rest.iter().position(|blob| !is_short(blob.payload.len())).unwrap_or(rest.len());
            let count = batch(&rest[..short]);
            let message = Message::Blobs { kind, blobs: rest[..count].to_vec() };
            link.push_blobs(Order::Any, count, message.encode());
            rest = &rest[count..];
        } else {
            let mut pieces = pieces(kind, first).peekable();
            while let Some(piece) = pieces.next() {
                let blobs = usize::from(pieces.peek().is_none());
                link.push_blobs(Order::AfterAllBefore, blobs, piece.encode());
            }
            rest = &rest[1..];
        }
    }
}

/// The one long blob whose pieces are coming.
#[derive(Debug, Default)]
pub struct Assembly {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    next: Piece,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next piece; returns the blob with its last one. Memory grows with what came, not with what was announced.
    pub fn add(&mut self, piece: Piece) -> Result<Option<(ChunkKind, Blob)>> {
        let mut open = match self.open.take() {
            None => {
                Open { next: Piece { bytes: bytes::Bytes::new(), offset_bytes: 0, ..piece.clone() }, bytes: Vec::new() }
            }
            Some(open) => open,
        };
        let fits = Piece { bytes: bytes::Bytes::new(), ..piece.clone() } == open.next;
        let end = open.bytes.len() + piece.bytes.len();
        let whole = usize::try_from(piece.whole_bytes).unwrap_or(usize::MAX);
        if !fits || piece.bytes.is_empty() || end > whole {
            let detail = format!("a piece of blob {} at {} does not follow", piece.id, piece.offset_bytes);
            return Err(Refusal::malformed(detail));
        }
        open.bytes.extend_from_slice(&piece.bytes);
        if end < whole {
            open.next.offset_bytes = u32::try_from(end).expect("below the whole, which has 32 bits");
            self.open = Some(open);
            return Ok(None);
        }
        let Piece { kind, id, uncompressed_bytes, .. } = open.next;
        Ok(Some((kind, Blob { id, uncompressed_bytes, payload: open.bytes.into() })))
    }

    /// Nothing may be left half.
    pub fn is_empty(&self) -> bool {
        self.open.is_none()
    }
}
