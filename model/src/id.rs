//! Identifiers: 32 bytes, one type per kind, so that a pack is never looked up under the name of a blob.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// 32 bytes, nearly always a SHA-256. The kind-less form: what the typed identifiers below wrap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Id([u8; Id::LEN_BYTES]);

/// Text that is not 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an identifier: 64 lowercase hexadecimal digits are expected")]
pub struct ParseIdError {
    pub text: String,
}

impl Id {
    pub const LEN_BYTES: usize = 32;

    #[must_use]
    pub const fn new(bytes: [u8; Self::LEN_BYTES]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN_BYTES] {
        &self.0
    }

    /// All zeros: the "no value" that restic's Go code writes for an unset identifier. Never the name of anything.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == [0; Self::LEN_BYTES]
    }

    /// The 64 hexadecimal digits as ASCII bytes, for writers that do not want a `String`.
    #[must_use]
    pub fn to_hex(&self) -> [u8; 2 * Self::LEN_BYTES] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 2 * Self::LEN_BYTES];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }

    /// Reads exactly 64 lowercase hexadecimal digits.
    pub fn from_hex(hex: &[u8]) -> Result<Self, ParseIdError> {
        let refuse = || ParseIdError { text: String::from_utf8_lossy(hex).into_owned() };
        if hex.len() != 2 * Self::LEN_BYTES {
            return Err(refuse());
        }
        let mut bytes = [0; Self::LEN_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                return Err(refuse());
            };
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

const fn digit(ascii: u8) -> Option<u8> {
    match ascii {
        b'0'..=b'9' => Some(ascii - b'0'),
        b'a'..=b'f' => Some(ascii - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = self.to_hex();
        f.pad(std::str::from_utf8(&hex).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text.as_bytes())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex;
        impl de::Visitor<'_> for Hex {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lowercase hexadecimal digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[repr(transparent)]
        pub struct $name(pub Id);

        impl $name {
            #[must_use]
            pub const fn new(bytes: [u8; Id::LEN_BYTES]) -> Self {
                Self(Id::new(bytes))
            }
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; Id::LEN_BYTES] {
                self.0.as_bytes()
            }
            /// The first eight digits, as people are shown identifiers.
            #[must_use]
            pub fn short(&self) -> String {
                format!("{self:.8}")
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self:.8})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                Self(id)
            }
        }
    )+};
}

typed_id! {
    /// Names a blob: SHA-256 of its plaintext. A file's chunk or a directory's tree.
    BlobId
    /// Names a pack: SHA-256 of the pack file.
    PackId
    /// Names an index file: SHA-256 of the encrypted file.
    IndexId
    /// Names a snapshot: SHA-256 of the encrypted snapshot file.
    SnapshotId
    /// Names a key file: SHA-256 of the file.
    KeyId
    /// Names a lock: SHA-256 of the encrypted lock file.
    LockId
    /// Names a repository: random, drawn at `init`, kept in its config.
    RepositoryId
}

/// The beginning of an identifier, as people type it: 1 to 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    #[must_use]
    pub fn matches(&self, id: &Id) -> bool {
        id.to_hex().starts_with(self.0.as_bytes())
    }
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdPrefix {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=2 * Id::LEN_BYTES).contains(&text.len()) && text.bytes().all(|b| digit(b).is_some());
        if fits { Ok(Self(text.to_owned())) } else { Err(ParseIdError { text: text.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_reads_what_it_prints_and_nothing_else() {
        let id = Id::new(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "0", &"0".repeat(63), &"0".repeat(65), &"G".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert!(wrong.parse::<Id>().is_err(), "{wrong:?} was taken for an identifier");
        }
    }

    #[test]
    fn a_prefix_matches_identifiers_that_begin_with_it() {
        let id: Id = "ab".repeat(32).parse().unwrap();
        for (prefix, matches) in [("a", true), ("aba", true), (&*"ab".repeat(32), true), ("b", false), ("abb", false)] {
            assert_eq!(prefix.parse::<IdPrefix>().unwrap().matches(&id), matches, "prefix {prefix}");
        }
        for wrong in ["", "g", "AB", &"a".repeat(65)] {
            assert!(wrong.parse::<IdPrefix>().is_err(), "{wrong:?} was taken for a prefix");
        }
    }
}
