//! Reading and writing of binary fields: little-endian, lengths before what they count. A reader never goes past its end.

use bytes::Bytes;

use crate::refusal::{Refusal, Result};

pub struct Reader {
    rest: Bytes,
    what: &'static str,
}

impl Reader {
    /// `what` is read, for the reason if it cannot be.
    pub fn new(bytes: Bytes, what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next bytes, without a copy.
    pub fn bytes(&mut self, length: usize) -> Result<Bytes> {
        if self.rest.len() < length {
            let detail = format!("{}: {length} more bytes are announced and {} are there", self.what, self.rest.len());
            return Err(Refusal::malformed(detail));
        }
        Ok(self.rest.split_to(length))
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.bytes(N)?;
        Ok(bytes.as_ref().try_into().expect("as many bytes as were asked for"))
    }

    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A length in 32 bits that counts bytes or ids.
    pub fn length(&mut self, limit: usize) -> Result<usize> {
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        crate::refusal::within(self.what, length, limit)?;
        Ok(length)
    }

    /// UTF-8, with its length before it.
    pub fn text(&mut self, limit_bytes: usize) -> Result<String> {
        let length = self.length(limit_bytes)?;
        let bytes = self.bytes(length)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::malformed(format!("{}: no UTF-8", self.what)))?;
        Ok(text.to_owned())
    }

    /// Everything that is left.
    pub fn remaining(self) -> Bytes {
        self.rest
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Refusal::malformed(format!("{}: {left} bytes too many", self.what))),
        }
    }
}

pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Lengths are bounded far below 32 bits before they are written.
pub fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).expect("lengths are bounded").to_le_bytes());
}
