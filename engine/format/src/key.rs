//! Key files, which are plain JSON, and the master key that is sealed inside of them.

use rempart_crypto::MasterKeyParts;

use crate::document::{Writer, read_wall_time};
use crate::json::read::Reader;
use crate::{FormatError, WallTime};

/// The only key derivation that exists.
pub const KDF_SCRYPT: &str = "scrypt";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    pub created: WallTime,
    pub username: String,
    pub hostname: String,
    /// [`KDF_SCRYPT`]; the reader of another word must refuse it.
    pub kdf: String,
    /// scrypt's N, r and p, as found: whoever derives bounds them.
    pub n: u64,
    pub r: u32,
    pub p: u32,
    pub salt: Vec<u8>,
    /// The sealed master key: [`encode_master_key`], sealed with what password and salt give.
    pub data: Vec<u8>,
}

impl KeyFile {
    /// The bytes of the file; their SHA-256 is its name.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.time("created", self.created);
        w.string("username", &self.username);
        w.string("hostname", &self.hostname);
        w.string("kdf", &self.kdf);
        w.number("N", self.n);
        w.number("r", u64::from(self.r));
        w.number("p", u64::from(self.p));
        w.base64("salt", &self.salt);
        w.base64("data", &self.data);
        w.finish()
    }

    /// Requires what opening needs: kdf, N, r, p, salt and data.
    pub fn decode(json: &[u8]) -> Result<Self, FormatError> {
        let (mut kdf, mut n, mut r_size, mut p, mut salt, mut data) = (None, None, None, None, None, None);
        let (mut created, mut username, mut hostname) = (WallTime::default(), String::new(), String::new());
        let mut reader = Reader::new("key file", json);
        reader.object(|r, key| {
            match key {
                b"created" => r.field(&mut created, read_wall_time)?,
                b"username" => r.field(&mut username, Reader::owned_string)?,
                b"hostname" => r.field(&mut hostname, Reader::owned_string)?,
                b"kdf" => kdf = r.optional(Reader::owned_string)?,
                b"N" => n = r.optional(Reader::u64)?,
                b"r" => r_size = r.optional(Reader::u32)?,
                b"p" => p = r.optional(Reader::u32)?,
                b"salt" => salt = r.optional(Reader::base64)?,
                b"data" => data = r.optional(Reader::base64)?,
                _ => r.skip()?,
            }
            Ok(())
        })?;
        reader.end()?;
        let missing = |field| FormatError::MissingField { what: "key file", field };
        Ok(Self {
            created,
            username,
            hostname,
            kdf: kdf.ok_or_else(|| missing("kdf"))?,
            n: n.ok_or_else(|| missing("N"))?,
            r: r_size.ok_or_else(|| missing("r"))?,
            p: p.ok_or_else(|| missing("p"))?,
            salt: salt.ok_or_else(|| missing("salt"))?,
            data: data.ok_or_else(|| missing("data"))?,
        })
    }
}

/// `{"mac":{"k":…,"r":…},"encrypt":…}`, to be sealed into [`KeyFile::data`]. The bytes are secret: wipe them after use.
#[must_use]
pub fn encode_master_key(parts: &MasterKeyParts) -> Vec<u8> {
    let mut w = Writer::new();
    w.nested("mac", |w| {
        w.base64("k", &parts.mac_k);
        w.base64("r", &parts.mac_r);
    });
    w.base64("encrypt", &parts.encrypt);
    w.finish()
}

/// Reads what [`KeyFile::data`] holds. Each part must have its full length.
pub fn decode_master_key(json: &[u8]) -> Result<MasterKeyParts, FormatError> {
    let (mut mac_k, mut mac_r, mut encrypt) = (None, None, None);
    let mut reader = Reader::new("master key", json);
    reader.object(|r, key| match key {
        b"mac" => r.object(|r, key| match key {
            b"k" => read_exactly(r, &mut mac_k),
            b"r" => read_exactly(r, &mut mac_r),
            _ => r.skip(),
        }),
        b"encrypt" => read_exactly(r, &mut encrypt),
        _ => r.skip(),
    })?;
    reader.end()?;
    let missing = |field| FormatError::MissingField { what: "master key", field };
    Ok(MasterKeyParts {
        encrypt: encrypt.ok_or_else(|| missing("encrypt"))?,
        mac_k: mac_k.ok_or_else(|| missing("mac.k"))?,
        mac_r: mac_r.ok_or_else(|| missing("mac.r"))?,
    })
}

fn read_exactly<const N: usize>(reader: &mut Reader<'_>, part: &mut Option<[u8; N]>) -> Result<(), FormatError> {
    let bytes = reader.base64()?;
    match bytes.try_into() {
        Ok(bytes) => *part = Some(bytes),
        Err(_) => return reader.refuse("a key of another length before here"),
    }
    Ok(())
}
