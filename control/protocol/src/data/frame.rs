//! Frames of a connection that is open: one binary message each.
//!
//! ```text
//! item         2 │ frame u64 │ sequence u64 │ order u8 │ body
//! acknowledge  3 │ frame u64 │ below u64 │ limit u64
//! close        4 │ frame u64 │ code u8 │ length u32, text
//! ```
//! `frame` counts the frames of one connection in one direction, the opening being 0.

use bytes::Bytes;

use super::wire::{Reader, put_text};
use crate::limits::{FRAME_BYTES, ITEM_BODY_BYTES, ITEM_HEAD_BYTES, SENTENCE_BYTES};
use crate::refusal::{Refusal, RefusalCode, Result, within};

/// When an item is handed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As soon as it is here.
    Any,
    /// When everything that was sent before it is here.
    AfterAllBefore,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    Item { seq: u64, order: Order, body: Bytes },
    Acknowledge { below: u64, limit_bytes: u64 },
    Close(Refusal),
}

impl Frame {
    pub fn encode(&self, number: u64) -> Vec<u8> {
        let head = |kind: u8, rest: usize| {
            let mut out = Vec::with_capacity(rest + ITEM_HEAD_BYTES);
            out.push(kind);
            out.extend_from_slice(&number.to_le_bytes());
            out
        };
        match self {
            Self::Item { seq, order, body } => {
                let mut out = head(2, body.len());
                out.extend_from_slice(&seq.to_le_bytes());
                out.push(match order {
                    Order::Any => 0,
                    Order::AfterAllBefore => 1,
                });
                out.extend_from_slice(body);
                out
            }
            Self::Acknowledge { below, limit_bytes } => {
                let mut out = head(3, 16);
                out.extend_from_slice(&below.to_le_bytes());
                out.extend_from_slice(&limit_bytes.to_le_bytes());
                out
            }
            Self::Close(refusal) => {
                let mut out = head(4, refusal.detail.len());
                out.push(refusal.code.wire());
                put_text(&mut out, &refusal.detail);
                out
            }
        }
    }

    /// `next`: the number that the frame must have.
    pub fn decode(bytes: Bytes, next: u64) -> Result<Self> {
        within("frame, in bytes", bytes.len(), FRAME_BYTES)?;
        let mut reader = Reader::new(bytes, "frame");
        let kind = reader.u8()?;
        let number = reader.u64()?;
        if number != next {
            return Err(Refusal::new(RefusalCode::OutOfOrder, format!("frame {number} where {next} is next")));
        }
        Ok(match kind {
            2 => {
                let seq = reader.u64()?;
                let order = match reader.u8()? {
                    0 => Order::Any,
                    1 => Order::AfterAllBefore,
                    other => return Err(Refusal::malformed(format!("order {other} of an item"))),
                };
                let body = reader.remaining();
                within("body of an item, in bytes", body.len(), ITEM_BODY_BYTES)?;
                Self::Item { seq, order, body }
            }
            3 => {
                let frame = Self::Acknowledge { below: reader.u64()?, limit_bytes: reader.u64()? };
                reader.end()?;
                frame
            }
            4 => {
                let code = RefusalCode::from_wire(reader.u8()?);
                let detail = reader.text(SENTENCE_BYTES)?;
                reader.end()?;
                Self::Close(Refusal { code, detail })
            }
            1 => return Err(Refusal::unexpected("an opening on a connection that is open")),
            other => return Err(Refusal::malformed(format!("a frame of kind {other}"))),
        })
    }
}

/// The frame that tells why, before a connection that never got as far as a [`super::Link`] is closed.
#[must_use]
pub fn closing(refusal: &Refusal) -> Vec<u8> {
    Frame::Close(refusal.clone()).encode(0)
}
