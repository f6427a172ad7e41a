//! Compressing with a context that is kept: creating one costs more than compressing a small blob.

use std::num::NonZeroU32;

use zstd::zstd_safe::{self, CCtx, CParameter};

use super::decompress::unpacks_to;
use super::{Compression, is_incompressible};
use crate::{BlobKind, FormatError};

/// Blobs longer than this are searched for matches with smaller tables than zstd's own at level 3: what zstd takes for
/// longer input, 768 KiB in all, does not fit into the cache of a core beside the blob. Tables of 256 KiB are filled 14 to 20 %
/// faster, for 1 % more bytes (300 MB of a /usr tree, EPYC with 1 MiB of cache for each core). For shorter input zstd takes
/// small ones by itself.
const LARGE_BLOB_BYTES: usize = 256 << 10;
const TABLE_LOG: u32 = 15;

/// A zstd context at one level. One per thread.
///
/// Every frame is unpacked again and compared before it is handed out: a bit that flips in memory, or a fault of the
/// encoder, would otherwise be found when the only other copy is gone (restic #4523, #4529). See [`Self::unpacked_elsewhere`]
/// for the exception.
pub struct Compressor {
    context: CCtx<'static>,
    compression: Compression,
    /// Whether the tables are those for large blobs.
    small_tables: bool,
    verifies: bool,
}

/// A blob as it goes into a pack, before it is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob<'a> {
    pub payload: &'a [u8],
    /// Present where `payload` is zstd.
    pub uncompressed_bytes: Option<NonZeroU32>,
}

impl Compressor {
    pub fn new(compression: Compression) -> Result<Self, FormatError> {
        let mut context = CCtx::try_create().ok_or(FormatError::OutOfMemory { len_bytes: 0 })?;
        for parameter in [
            CParameter::CompressionLevel(compression.level()),
            CParameter::ChecksumFlag(false),
            CParameter::ContentSizeFlag(true),
            CParameter::DictIdFlag(false),
        ] {
            context.set_parameter(parameter).map_err(refused)?;
        }
        Ok(Self { context, compression, small_tables: false, verifies: true })
    }

    /// For frames that whoever takes them unpacks and compares before they are stored: here they are not.
    #[must_use]
    pub fn unpacked_elsewhere(mut self) -> Self {
        self.verifies = false;
        self
    }

    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// For a frame that is made in pieces, with zstd's own tables.
    pub(super) fn context_mut(&mut self) -> Result<&mut CCtx<'static>, FormatError> {
        self.take_small_tables(false)?;
        Ok(&mut self.context)
    }

    fn take_small_tables(&mut self, small: bool) -> Result<(), FormatError> {
        if self.small_tables != small {
            // Zero stands for what the level says.
            let log = if small { TABLE_LOG } else { 0 };
            for parameter in [CParameter::HashLog(log), CParameter::ChainLog(log)] {
                self.context.set_parameter(parameter).map_err(refused)?;
            }
            self.small_tables = small;
        }
        Ok(())
    }

    /// Replaces `out` by one zstd frame of `plaintext`.
    pub fn compress(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        out.clear();
        self.append(plaintext, out)
    }

    /// Appends one zstd frame of `plaintext` to `out`, and nothing where that fails.
    pub fn append(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        self.take_small_tables(self.compression == Compression::Auto && plaintext.len() > LARGE_BLOB_BYTES)?;
        let from = out.len();
        let bound = zstd_safe::compress_bound(plaintext.len());
        out.try_reserve(bound).map_err(|_| FormatError::OutOfMemory { len_bytes: bound as u64 })?;
        let mut frame = std::io::Cursor::new(&mut *out);
        frame.set_position(from as u64);
        let appended = self.context.compress2(&mut frame, plaintext).map(drop).map_err(refused);
        let verified = appended.and_then(|()| match self.verifies {
            true => verify(&out[from..], plaintext),
            false => Ok(()),
        });
        if verified.is_err() {
            out.truncate(from);
        }
        verified
    }

    /// A blob as it is best stored. Trees are always compressed; data is stored as it is if compression is off, if a
    /// sample says that compressing gains nothing, or if it gained nothing. `scratch` holds the payload where compressed.
    pub fn store<'a>(
        &mut self,
        kind: BlobKind,
        plaintext: &'a [u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<StoredBlob<'a>, FormatError> {
        let plain = StoredBlob { payload: plaintext, uncompressed_bytes: None };
        let Some(len) = u32::try_from(plaintext.len()).ok().and_then(NonZeroU32::new) else { return Ok(plain) };
        let is_data = kind == BlobKind::Data;
        if is_data && (self.compression == Compression::Off || is_incompressible(plaintext)) {
            return Ok(plain);
        }
        self.compress(plaintext, scratch)?;
        if is_data && scratch.len() >= plaintext.len() {
            return Ok(plain);
        }
        Ok(StoredBlob { payload: scratch, uncompressed_bytes: Some(len) })
    }
}

fn verify(frame: &[u8], plaintext: &[u8]) -> Result<(), FormatError> {
    if unpacks_to(frame, plaintext) {
        return Ok(());
    }
    Err(FormatError::CompressedWrongly { len_bytes: plaintext.len() as u64 })
}

pub(super) fn refused(code: usize) -> FormatError {
    FormatError::Compress { detail: zstd_safe::get_error_name(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_does_not_unpack_to_its_plaintext_is_never_handed_out() {
        // Given a memory that flips a bit in a frame, or in what it was made of: unpacked at once, and piece by piece
        for len_bytes in [1, 1000, 200_000, 5_000_000] {
            let plaintext: Vec<u8> = (0..len_bytes).map(|n| (n / 7 % 251) as u8 ^ (n / 4099) as u8).collect();
            let mut frame = Vec::new();
            Compressor::new(Compression::Auto).unwrap().compress(&plaintext, &mut frame).unwrap();
            let is_refused = |frame: &[u8], plaintext: &[u8]| {
                matches!(verify(frame, plaintext), Err(FormatError::CompressedWrongly { .. }))
            };
            let mut refused = 0;
            for at in 0..frame.len().min(300) {
                let mut flipped = frame.clone();
                flipped[at] ^= 1;
                refused += usize::from(is_refused(&flipped, &plaintext));
            }
            // Few bits of a frame mean nothing.
            assert!(refused * 10 >= frame.len().min(300) * 9, "{refused} flips noticed of {len_bytes} bytes");
            for at in [0, len_bytes / 2, len_bytes - 1] {
                let mut flipped = plaintext.clone();
                flipped[at] ^= 1;
                assert!(is_refused(&frame, &flipped), "plaintext byte {at} of {len_bytes}");
            }
            assert!(is_refused(&frame[..frame.len() - 1], &plaintext), "a frame cut short");
            assert!(is_refused(&frame, &plaintext[1..]) && is_refused(&frame, &[&plaintext[..], b"x"].concat()));
        }
    }
}
