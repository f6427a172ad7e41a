//! The config of a repository: sealed, never compressed, written once at `init`.

use rempart_model::{Id, RepositoryId};

use crate::FormatError;
use crate::document::Writer;
use crate::json::read::Reader;

/// The version that is written here.
pub const REPOSITORY_VERSION: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// 1 (nothing is compressed) or 2.
    pub version: u32,
    pub id: RepositoryId,
    /// The chunker's polynomial over GF(2), one bit per coefficient. Irreducible and of degree 53 if a tool wrote it
    /// that is in order: the chunker checks.
    pub chunker_polynomial: u64,
}

impl Config {
    /// The JSON of the file, not yet sealed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.number("version", u64::from(self.version));
        w.id("id", &self.id.0);
        w.string("chunker_polynomial", &format!("{:x}", self.chunker_polynomial));
        w.finish()
    }

    /// Refuses other versions, before it looks at anything else.
    pub fn decode(json: &[u8]) -> Result<Self, FormatError> {
        let (mut version, mut id, mut polynomial) = (None, None, None);
        let mut reader = Reader::new("config", json);
        reader.object(|r, key| {
            match key {
                b"version" => version = r.optional(Reader::u64)?,
                b"id" => id = r.optional(Reader::owned_string)?,
                b"chunker_polynomial" => polynomial = r.optional(Reader::owned_string)?,
                _ => r.skip()?,
            }
            Ok(())
        })?;
        reader.end()?;
        let missing = |field| FormatError::MissingField { what: "config", field };
        let version = match version.ok_or_else(|| missing("version"))? {
            version @ 1..=2 => version as u32,
            version => return Err(FormatError::UnsupportedVersion { version }),
        };
        let id = id.ok_or_else(|| missing("id"))?;
        let polynomial = polynomial.ok_or_else(|| missing("chunker_polynomial"))?;
        let Ok(id) = Id::from_hex(id.as_bytes()) else {
            return reader.refuse("an identifier in the field \"id\" before here");
        };
        let hex = (1..=16).contains(&polynomial.len()) && polynomial.bytes().all(|b| b.is_ascii_hexdigit());
        match u64::from_str_radix(&polynomial, 16) {
            Ok(chunker_polynomial) if hex => Ok(Self { version, id: RepositoryId(id), chunker_polynomial }),
            _ => reader.refuse("a hexadecimal polynomial before here"),
        }
    }
}
