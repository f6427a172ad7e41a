//! Bodies of items: what sessions say.
//!
//! ```text
//! ask        1 │ question u32 │ kind u8 │ count u32 │ count × id 32        agent, backup
//! answer     2 │ question u32 │ count u32 │ bits, lowest first             server, backup
//! blobs      3 │ kind u8 │ count u32 │ count × (id 32 │ plain u32 │ length u32 │ bytes)
//! piece      4 │ kind u8 │ id 32 │ plain u32 │ whole u32 │ offset u32 │ bytes     in their order, nothing between
//! commit     5 │ snapshot, as JSON                                         agent, backup; after all before
//! committed  6 │ snapshot id 32 │ count u32 │ count × index id 32          server, backup
//! read       7 │ kind u8 │ count u32 │ count × id 32                       agent
//! missing    8 │ kind u8 │ id 32 │ length u32, reason                      server
//! finish     9 │                                                           agent, restore; after all before
//! abort     10 │ code u8 │ length u32, reason                              both
//! finished  11 │                                                           server, restore
//! measure   12 │ question u32 │ kind u8 │ count u32 │ count × id 32        agent
//! measured  13 │ question u32 │ count u32 │ count × plain u32              server; 0 where it is not there
//! ```
//! `plain` is the length before compression, 0 where the bytes are as they were.

use std::num::NonZeroU32;

use bytes::Bytes;
use rempart_model::{BlobId, IndexId, SnapshotId};

use super::blob::{Blob, ChunkKind};
use super::reads::PlainLength;
use super::wire::{Reader, put_length, put_text};
use crate::limits::{BLOB_BYTES, IDS_PER_QUESTION, INDEXES_TOLD, ITEM_BODY_BYTES, SENTENCE_BYTES, SNAPSHOT_BYTES};
use crate::refusal::{Refusal, RefusalCode, Result, cut, within};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Ask { question: u32, kind: ChunkKind, ids: Vec<BlobId> },
    Answer { question: u32, wanted: Vec<bool> },
    Blobs { kind: ChunkKind, blobs: Vec<Blob> },
    Piece(Piece),
    Commit { snapshot: Bytes },
    Committed { snapshot: SnapshotId, indexes: Vec<IndexId> },
    Read { kind: ChunkKind, ids: Vec<BlobId> },
    Missing { kind: ChunkKind, id: BlobId, reason: String },
    Finish,
    Abort(Refusal),
    Finished,
    Measure { question: u32, kind: ChunkKind, ids: Vec<BlobId> },
    Measured { question: u32, lengths: Vec<PlainLength> },
}

/// A stretch of a blob that is longer than an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: ChunkKind,
    pub id: BlobId,
    pub uncompressed_bytes: Option<NonZeroU32>,
    pub whole_bytes: u32,
    pub offset_bytes: u32,
    pub bytes: Bytes,
}

/// Type, kind, id, three numbers.
const PIECE_HEAD_BYTES: usize = 1 + 1 + 32 + 3 * 4;
/// What a piece holds; a blob that fits is sent whole.
pub const PIECE_BYTES: usize = ITEM_BODY_BYTES - PIECE_HEAD_BYTES;
/// Type, kind, count.
const BLOBS_HEAD_BYTES: usize = 1 + 1 + 4;
/// Id, two lengths.
const BLOB_HEAD_BYTES: usize = 32 + 4 + 4;

/// Whether a blob travels in one item.
pub const fn is_short(payload_bytes: usize) -> bool {
    payload_bytes <= ITEM_BODY_BYTES - BLOBS_HEAD_BYTES - BLOB_HEAD_BYTES
}

/// How many blobs of a list, from its first, go into one item. At least one: each is short.
pub fn batch(blobs: &[Blob]) -> usize {
    let mut bytes = BLOBS_HEAD_BYTES;
    let fits = blobs.iter().take_while(|blob| {
        bytes += BLOB_HEAD_BYTES + blob.payload.len();
        bytes <= ITEM_BODY_BYTES
    });
    fits.count().clamp(1, IDS_PER_QUESTION)
}

/// The pieces of a blob that is not short.
pub fn pieces(kind: ChunkKind, blob: &Blob) -> impl Iterator<Item = Message> {
    let whole_bytes = u32::try_from(blob.payload.len()).expect("a blob's length is bounded");
    (0..blob.payload.len()).step_by(PIECE_BYTES).map(move |offset| {
        let end = (offset + PIECE_BYTES).min(blob.payload.len());
        Message::Piece(Piece {
            kind,
            id: blob.id,
            uncompressed_bytes: blob.uncompressed_bytes,
            whole_bytes,
            offset_bytes: u32::try_from(offset).expect("an offset is below the length"),
            bytes: blob.payload.slice(offset..end),
        })
    })
}

fn put_plain(out: &mut Vec<u8>, uncompressed_bytes: Option<NonZeroU32>) {
    out.extend_from_slice(&uncompressed_bytes.map_or(0, NonZeroU32::get).to_le_bytes());
}

fn put_ids(out: &mut Vec<u8>, ids: &[BlobId]) {
    put_length(out, ids.len());
    for id in ids {
        out.extend_from_slice(id.as_bytes());
    }
}

fn read_ids(reader: &mut Reader) -> Result<Vec<BlobId>> {
    let count = reader.length(IDS_PER_QUESTION)?;
    if count == 0 {
        return Err(Refusal::malformed("a list of no ids"));
    }
    let bytes = reader.bytes(count * 32)?;
    Ok(bytes.chunks_exact(32).map(|id| BlobId::new(id.try_into().expect("32 bytes"))).collect())
}

impl Message {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Ask { question, kind, ids } => {
                out.push(1);
                out.extend_from_slice(&question.to_le_bytes());
                out.push(kind.wire());
                put_ids(&mut out, ids);
            }
            Self::Answer { question, wanted } => {
                out.push(2);
                out.extend_from_slice(&question.to_le_bytes());
                put_length(&mut out, wanted.len());
                let bits = |eight: &[bool]| eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
                out.extend(wanted.chunks(8).map(bits));
            }
            Self::Blobs { kind, blobs } => {
                let bytes: usize = blobs.iter().map(|blob| BLOB_HEAD_BYTES + blob.payload.len()).sum();
                out.reserve_exact(BLOBS_HEAD_BYTES + bytes);
                out.extend([3, kind.wire()]);
                put_length(&mut out, blobs.len());
                for blob in blobs {
                    out.extend_from_slice(blob.id.as_bytes());
                    put_plain(&mut out, blob.uncompressed_bytes);
                    put_length(&mut out, blob.payload.len());
                    out.extend_from_slice(&blob.payload);
                }
            }
            Self::Piece(piece) => {
                out.reserve_exact(PIECE_HEAD_BYTES + piece.bytes.len());
                out.extend([4, piece.kind.wire()]);
                out.extend_from_slice(piece.id.as_bytes());
                put_plain(&mut out, piece.uncompressed_bytes);
                out.extend_from_slice(&piece.whole_bytes.to_le_bytes());
                out.extend_from_slice(&piece.offset_bytes.to_le_bytes());
                out.extend_from_slice(&piece.bytes);
            }
            Self::Commit { snapshot } => {
                out.push(5);
                out.extend_from_slice(snapshot);
            }
            Self::Committed { snapshot, indexes } => {
                out.push(6);
                out.extend_from_slice(snapshot.as_bytes());
                put_length(&mut out, indexes.len());
                for id in indexes {
                    out.extend_from_slice(id.as_bytes());
                }
            }
            Self::Read { kind, ids } => {
                out.extend([7, kind.wire()]);
                put_ids(&mut out, ids);
            }
            Self::Missing { kind, id, reason } => {
                out.extend([8, kind.wire()]);
                out.extend_from_slice(id.as_bytes());
                put_text(&mut out, &cut(reason.clone(), SENTENCE_BYTES));
            }
            Self::Finish => out.push(9),
            Self::Abort(refusal) => {
                out.extend([10, refusal.code.wire()]);
                put_text(&mut out, &cut(refusal.detail.clone(), SENTENCE_BYTES));
            }
            Self::Finished => out.push(11),
            Self::Measure { question, kind, ids } => {
                out.push(12);
                out.extend_from_slice(&question.to_le_bytes());
                out.push(kind.wire());
                put_ids(&mut out, ids);
            }
            Self::Measured { question, lengths } => {
                out.push(13);
                out.extend_from_slice(&question.to_le_bytes());
                put_length(&mut out, lengths.len());
                for length in lengths {
                    put_plain(&mut out, *length);
                }
            }
        }
        out
    }

    pub fn decode(body: Bytes) -> Result<Self> {
        let mut reader = Reader::new(body, "item");
        let message = match reader.u8()? {
            1 => {
                let question = reader.u32()?;
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                Self::Ask { question, kind, ids: read_ids(&mut reader)? }
            }
            2 => {
                let question = reader.u32()?;
                let count = reader.length(IDS_PER_QUESTION)?;
                let bits = reader.bytes(count.div_ceil(8))?;
                let wanted = (0..count).map(|at| bits[at / 8] >> (at % 8) & 1 == 1).collect();
                Self::Answer { question, wanted }
            }
            3 => {
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                let count = reader.length(IDS_PER_QUESTION)?;
                let mut blobs = Vec::with_capacity(count.min(256));
                for _ in 0..count {
                    let id = BlobId::new(reader.array()?);
                    let uncompressed_bytes = NonZeroU32::new(reader.u32()?);
                    let length = reader.length(ITEM_BODY_BYTES)?;
                    let blob = Blob { id, uncompressed_bytes, payload: reader.bytes(length)? };
                    blob.check()?;
                    blobs.push(blob);
                }
                Self::Blobs { kind, blobs }
            }
            4 => {
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                let id = BlobId::new(reader.array()?);
                let uncompressed_bytes = NonZeroU32::new(reader.u32()?);
                let whole_bytes = u32::try_from(reader.length(BLOB_BYTES)?).unwrap_or(u32::MAX);
                let offset_bytes = reader.u32()?;
                let bytes = reader.remaining();
                return Ok(Self::Piece(Piece { kind, id, uncompressed_bytes, whole_bytes, offset_bytes, bytes }));
            }
            5 => {
                let snapshot = reader.remaining();
                within("snapshot, in bytes", snapshot.len(), SNAPSHOT_BYTES)?;
                return Ok(Self::Commit { snapshot });
            }
            6 => {
                let snapshot = SnapshotId::new(reader.array()?);
                let count = reader.length(INDEXES_TOLD)?;
                let bytes = reader.bytes(count * 32)?;
                let ids = bytes.chunks_exact(32).map(|id| IndexId::new(id.try_into().expect("32 bytes")));
                Self::Committed { snapshot, indexes: ids.collect() }
            }
            7 => {
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                Self::Read { kind, ids: read_ids(&mut reader)? }
            }
            8 => {
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                let id = BlobId::new(reader.array()?);
                Self::Missing { kind, id, reason: reader.text(SENTENCE_BYTES)? }
            }
            9 => Self::Finish,
            10 => {
                let code = RefusalCode::from_wire(reader.u8()?);
                Self::Abort(Refusal { code, detail: reader.text(SENTENCE_BYTES)? })
            }
            11 => Self::Finished,
            12 => {
                let question = reader.u32()?;
                let kind = ChunkKind::from_wire(reader.u8()?)?;
                Self::Measure { question, kind, ids: read_ids(&mut reader)? }
            }
            13 => {
                let question = reader.u32()?;
                let count = reader.length(IDS_PER_QUESTION)?;
                let bytes = reader.bytes(count * 4)?;
                let length = |four: &[u8]| NonZeroU32::new(u32::from_le_bytes(four.try_into().expect("four bytes")));
                Self::Measured { question, lengths: bytes.chunks_exact(4).map(length).collect() }
            }
            other => return Err(Refusal::malformed(format!("an item of kind {other}"))),
        };
        reader.end()?;
        Ok(message)
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "ask",
            Self::Answer { .. } => "answer",
            Self::Blobs { .. } => "blobs",
            Self::Piece(_) => "piece",
            Self::Commit { .. } => "commit",
            Self::Committed { .. } => "committed",
            Self::Read { .. } => "read",
            Self::Missing { .. } => "missing",
            Self::Finish => "finish",
            Self::Abort(_) => "abort",
            Self::Finished => "finished",
            Self::Measure { .. } => "measure",
            Self::Measured { .. } => "measured",
        }
    }
}
