//! Compressing with a context that is kept: creating one costs more than compressing a small blob.

use std::num::NonZeroU32;

use zstd::zstd_safe::{self, CCtx, CParameter};

use super::{Compression, is_incompressible};
use crate::{BlobKind, FormatError};

/// A zstd context at one level. One per thread.
pub struct Compressor {
    context: CCtx<'static>,
    compression: Compression,
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
        Ok(Self { context, compression })
    }

    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// Replaces `out` by one zstd frame of `plaintext`.
    pub fn compress(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        out.clear();
        self.append(plaintext, out)
    }

    /// Appends one zstd frame of `plaintext` to `out`.
    pub fn append(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        let from = out.len();
        let bound = zstd_safe::compress_bound(plaintext.len());
        out.try_reserve(bound).map_err(|_| FormatError::OutOfMemory { len_bytes: bound as u64 })?;
        let mut frame = std::io::Cursor::new(out);
        frame.set_position(from as u64);
        self.context.compress2(&mut frame, plaintext).map(drop).map_err(refused)
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

fn refused(code: usize) -> FormatError {
    FormatError::Compress { detail: zstd_safe::get_error_name(code) }
}
