//! Pack headers: `blob₁ … blobₙ ‖ sealed header ‖ u32le(length of the sealed header)`.
//!
//! The header lists the blobs in the order in which they lie, from offset 0 and without gaps; an entry is
//! `type(1) ‖ u32le sealed length ‖ [u32le plaintext length] ‖ id(32)`, with types 0 data, 1 tree, 2 zstd data, 3 zstd
//! tree. Source: restic's doc/design.rst, "Pack Format".

use std::num::NonZeroU32;

use rempart_model::BlobId;

use crate::{BlobKind, FormatError, PackEntry};

/// The longest sealed header that restic reads.
pub const MAX_HEADER_BYTES: usize = 16 << 20;
/// The length of the sealed header, at the very end of the pack.
pub const TRAILER_BYTES: usize = 4;
/// What restic aims at unless asked (`--pack-size`).
pub const DEFAULT_PACK_BYTES: u32 = 16 << 20;
/// The smallest pack size that restic lets one aim at.
pub const MIN_PACK_BYTES: u32 = 4 << 20;
/// The largest pack size that restic lets one aim at.
pub const MAX_PACK_BYTES: u32 = 128 << 20;
/// What sealing adds to a plaintext; the same number as `rempart_crypto::OVERHEAD_BYTES`, in the width of this room.
pub const OVERHEAD_BYTES: u32 = rempart_crypto::OVERHEAD_BYTES as u32;
/// How many entries always fit into a header of [`MAX_HEADER_BYTES`].
pub const MAX_ENTRIES: usize = (MAX_HEADER_BYTES - OVERHEAD_BYTES as usize) / entry_header_bytes(true);

const ID_BYTES: usize = 32;
const MAX_PLAIN_HEADER_BYTES: usize = MAX_HEADER_BYTES - OVERHEAD_BYTES as usize;

/// Bytes that one blob takes in the header.
#[must_use]
pub const fn entry_header_bytes(compressed: bool) -> usize {
    1 + 4 + if compressed { 4 } else { 0 } + ID_BYTES
}

/// What stands behind the blobs in a finished pack: the sealed header and the trailer.
#[must_use]
pub fn sealed_header_bytes(entries: &[PackEntry]) -> usize {
    plain_header_bytes(entries) + OVERHEAD_BYTES as usize + TRAILER_BYTES
}

fn plain_header_bytes(entries: &[PackEntry]) -> usize {
    entries.iter().map(|entry| entry_header_bytes(entry.is_compressed())).sum()
}

/// The plaintext of the header for blobs that lie in this order, from offset 0 and without gaps.
#[must_use]
pub fn encode_header(entries: &[PackEntry]) -> Vec<u8> {
    let mut header = Vec::with_capacity(plain_header_bytes(entries));
    for entry in entries {
        let kind = match (entry.kind, entry.is_compressed()) {
            (BlobKind::Data, false) => 0,
            (BlobKind::Tree, false) => 1,
            (BlobKind::Data, true) => 2,
            (BlobKind::Tree, true) => 3,
        };
        header.push(kind);
        header.extend_from_slice(&entry.sealed_bytes.to_le_bytes());
        if let Some(bytes) = entry.uncompressed_bytes {
            header.extend_from_slice(&bytes.get().to_le_bytes());
        }
        header.extend_from_slice(entry.id.as_bytes());
    }
    header
}

/// Reads the plaintext of a header. Offsets follow from the lengths; blobs beyond 4 GiB are refused.
pub fn decode_header(header: &[u8]) -> Result<Vec<PackEntry>, FormatError> {
    if header.is_empty() || header.len() > MAX_PLAIN_HEADER_BYTES {
        return Err(FormatError::HeaderLength { len_bytes: header.len(), max_bytes: MAX_PLAIN_HEADER_BYTES });
    }
    let mut entries = Vec::with_capacity(header.len() / entry_header_bytes(false));
    let mut rest = header;
    let mut offset_bytes = 0u32;
    while let Some((&kind, behind)) = rest.split_first() {
        let entry = entries.len();
        rest = behind;
        let (kind, compressed) = match kind {
            0 => (BlobKind::Data, false),
            1 => (BlobKind::Tree, false),
            2 => (BlobKind::Data, true),
            3 => (BlobKind::Tree, true),
            kind => return Err(FormatError::HeaderType { entry, kind }),
        };
        let cut_off = FormatError::HeaderTruncated { entry };
        let Some(sealed_bytes) = take(&mut rest).map(u32::from_le_bytes) else { return Err(cut_off) };
        // restic takes a zstd entry of plaintext length 0 for one that is not compressed.
        let uncompressed_bytes = match compressed.then(|| take(&mut rest).map(u32::from_le_bytes)) {
            None => None,
            Some(Some(bytes)) => NonZeroU32::new(bytes),
            Some(None) => return Err(cut_off),
        };
        let Some(id) = take(&mut rest).map(BlobId::new) else { return Err(cut_off) };
        if sealed_bytes < OVERHEAD_BYTES {
            return Err(FormatError::HeaderBlobLength { entry, sealed_bytes });
        }
        entries.push(PackEntry { id, kind, offset_bytes, sealed_bytes, uncompressed_bytes });
        offset_bytes = offset_bytes.checked_add(sealed_bytes).ok_or(FormatError::HeaderOverflow { entry })?;
    }
    Ok(entries)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}
