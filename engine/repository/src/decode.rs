//! From a sealed blob to its plaintext.

use std::num::NonZeroU32;

use rempart_crypto::MasterKey;
use rempart_format::decompress_into;

/// Drops the buffers beyond `max_bytes` of room. Each of many may have held a long blob once: kept all, they would be many
/// times what is ever in use.
pub(crate) fn keep_within(buffers: &mut Vec<Vec<u8>>, max_bytes: usize) {
    let mut kept_bytes = 0;
    buffers.retain(|buffer| {
        kept_bytes += buffer.capacity();
        kept_bytes <= max_bytes
    });
}

/// Checks the MAC, decrypts, unpacks. What remains to be checked is the SHA-256. `scratch` is working room; on error
/// `plaintext` holds nothing of use. The error says what is wrong in words.
pub(crate) fn open_blob(
    key: &MasterKey,
    sealed: &[u8],
    uncompressed_bytes: Option<NonZeroU32>,
    scratch: &mut Vec<u8>,
    plaintext: &mut Vec<u8>,
) -> Result<(), String> {
    match uncompressed_bytes {
        None => key.open_into(sealed, plaintext).map_err(|error| error.to_string()),
        Some(bytes) => {
            key.open_into(sealed, scratch).map_err(|error| error.to_string())?;
            decompress_into(scratch, bytes.get(), plaintext).map_err(|error| error.to_string())
        }
    }
}
