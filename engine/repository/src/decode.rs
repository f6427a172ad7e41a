//! From a sealed blob to its plaintext.

use std::num::NonZeroU32;
use std::ops::Range;

use rempart_crypto::{MasterKey, sha256_many};
use rempart_format::decompress_behind;

/// Checks the MAC, decrypts, unpacks, and appends the plaintext to `out`, which is unchanged on error. What remains to be
/// checked is the SHA-256. `scratch` is working room. The error says what is wrong in words.
pub(crate) fn open_blob(
    key: &MasterKey,
    sealed: &[u8],
    uncompressed_bytes: Option<NonZeroU32>,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let Some(bytes) = uncompressed_bytes else {
        return key.open_behind(sealed, out).map_err(|error| error.to_string());
    };
    key.open_into(sealed, scratch).map_err(|error| error.to_string())?;
    decompress_behind(scratch, bytes.get(), out).map_err(|error| error.to_string())
}

/// Plaintexts, one behind the other in one room that is used again and again: a buffer for each would be taken from the
/// system and given back blob by blob, megabytes of zeroed pages each time.
#[derive(Default)]
pub(crate) struct Plaintexts {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
    scratch: Vec<u8>,
}

/// A room larger than this is given back once it is emptied: a blob of hundreds of megabytes shall not stay in memory for the
/// rest of the work.
const KEPT_BYTES: usize = 32 << 20;

impl Plaintexts {
    /// Opens a blob and keeps its plaintext behind the others. Nothing is kept of one that is refused.
    pub(crate) fn open(
        &mut self,
        key: &MasterKey,
        sealed: &[u8],
        uncompressed_bytes: Option<NonZeroU32>,
    ) -> Result<(), String> {
        let start = self.bytes.len();
        open_blob(key, sealed, uncompressed_bytes, &mut self.scratch, &mut self.bytes)?;
        self.ranges.push(start..self.bytes.len());
        Ok(())
    }

    pub(crate) fn len_bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn get(&self, number: usize) -> &[u8] {
        &self.bytes[self.ranges[number].clone()]
    }

    /// The SHA-256 of each, in the order in which they were opened.
    pub(crate) fn digests(&self) -> Vec<[u8; 32]> {
        let messages: Vec<&[u8]> = self.ranges.iter().map(|range| &self.bytes[range.clone()]).collect();
        let mut digests = vec![[0; 32]; messages.len()];
        sha256_many(&messages, &mut digests);
        digests
    }

    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes = Vec::new();
        }
        if self.scratch.capacity() > KEPT_BYTES {
            self.scratch = Vec::new();
        }
    }
}
