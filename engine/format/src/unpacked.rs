//! Files that lie alone (index, snapshot, lock): `0x02 ‖ zstd(JSON)`, or bare JSON as version 1 wrote it.

use std::borrow::Cow;

use crate::{Compressor, FormatError, decompress_within};

const ZSTD: u8 = 2;
/// More than any index file holds: restic closes them at some 10 MB, and no snapshot or lock comes near.
pub const MAX_UNPACKED_BYTES: usize = 2 << 30;

/// The plaintext of a file, to be sealed. The config is never compressed, and does not go through here.
pub fn encode(compressor: &mut Compressor, json: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut plaintext = vec![ZSTD];
    compressor.append(json, &mut plaintext)?;
    Ok(plaintext)
}

/// The JSON of a file that has been opened, at most [`MAX_UNPACKED_BYTES`] of it.
pub fn decode(plaintext: &[u8]) -> Result<Cow<'_, [u8]>, FormatError> {
    decode_within(plaintext, MAX_UNPACKED_BYTES)
}

/// The same with another bound.
pub fn decode_within(plaintext: &[u8], limit_bytes: usize) -> Result<Cow<'_, [u8]>, FormatError> {
    match plaintext.split_first() {
        None => Err(FormatError::Empty),
        Some((b'{' | b'[', _)) => Ok(Cow::Borrowed(plaintext)),
        Some((&ZSTD, frame)) => {
            let mut json = Vec::new();
            decompress_within(frame, limit_bytes, &mut json)?;
            Ok(Cow::Owned(json))
        }
        Some((&first, _)) => Err(FormatError::UnknownEncoding { first }),
    }
}
