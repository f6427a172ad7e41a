//! Paths and names of a machine: bytes, with one spelling as text that loses nothing.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A path or a name, as the kernel has it.
///
/// As text: UTF-8 stays as it is, but `%` and control characters, which are written in percent code like every byte that is no
/// UTF-8. `/srv/été` is `/srv/été`, the byte 0xFF is `%FF`, `100%` is `100%25`. Each path has one spelling, and each spelling
/// one path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HostPath(Vec<u8>);

impl HostPath {
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// As it is, where it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// This folder's entry of that name.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let slash: &[u8] = if self.0.ends_with(b"/") { b"" } else { b"/" };
        Self([&self.0, slash, name].concat())
    }

    /// Whether this path is that folder, or lies in it.
    #[must_use]
    pub fn is_in(&self, folder: &Self) -> bool {
        self.as_path().starts_with(folder.as_path())
    }

    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character == '%' || character.is_control() {
                    let mut utf8 = [0; 4];
                    push_code(&mut text, character.encode_utf8(&mut utf8).as_bytes());
                } else {
                    text.push(character);
                }
            }
            push_code(&mut text, chunk.invalid());
        }
        text
    }

    /// Reads the spelling of [`Self::to_text`], and no other of the same path. A zero byte is in no path.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' {
                bytes.push(byte);
                continue;
            }
            let digits = after
                .get(..2)
                .filter(|digits| digits.iter().all(|d| d.is_ascii_digit() || (b'A'..=b'F').contains(d)))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &after[2..];
        }
        let path = Self(bytes);
        (!path.0.contains(&0) && path.to_text() == text).then_some(path)
    }
}

impl HostPath {
    /// What a person typed, or [`Self::to_text`] spelled: a percent sign that begins no code stands for itself. Up to a zero
    /// byte, which is in no path.
    #[must_use]
    pub fn from_typed(text: &str) -> Self {
        let hex =
            |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let text = text.as_bytes();
        let mut bytes = Vec::with_capacity(text.len());
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let (byte, length) = match (byte, hex(text.get(at + 1)), hex(text.get(at + 2))) {
                (b'%', Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (byte, 1),
            };
            if byte == 0 {
                break;
            }
            bytes.push(byte);
            at += length;
        }
        Self(bytes)
    }
}

fn push_code(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push_str(&format!("%{byte:02X}"));
    }
}

impl From<&str> for HostPath {
    /// The path of these bytes; not the spelling of [`HostPath::from_text`].
    fn from(path: &str) -> Self {
        Self(path.as_bytes().to_vec())
    }
}

impl From<&Path> for HostPath {
    fn from(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl fmt::Debug for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text(), f)
    }
}

impl Serialize for HostPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for HostPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is not the spelling of a path")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_paths_are_spelled_as_they_are() {
        for (bytes, text) in [
            (&b"/srv/a b"[..], "/srv/a b"),
            ("/srv/été".as_bytes(), "/srv/été"),
            (b"/100%", "/100%25"),
            (b"/a\xff\xfeb", "/a%FF%FEb"),
            (b"/line\nbreak", "/line%0Abreak"),
        ] {
            let path = HostPath::new(bytes.to_vec());
            assert_eq!(path.to_text(), text);
            assert_eq!(HostPath::from_text(text), Some(path));
        }
        for wrong in ["/100%", "/%zz", "/%ff", "/%41", "/%", "/%4", "/%00", "/a\nb"] {
            assert_eq!(HostPath::from_text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_person_types_is_a_path() {
        for (text, bytes) in [
            ("/100%", &b"/100%"[..]),
            ("/caf%E9", b"/caf\xe9"),
            ("/caf%e9", b"/caf\xe9"),
            ("/%zz%4", b"/%zz%4"),
            ("/été", "/été".as_bytes()),
            ("/a%00b", b"/a"),
        ] {
            assert_eq!(HostPath::from_typed(text).as_bytes(), bytes, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_through_json(bytes in prop::collection::vec(1_u8.., 0..60)) {
            let path = HostPath::new(bytes);
            let json = serde_json::to_string(&path).unwrap();
            prop_assert_eq!(&HostPath::from_typed(&path.to_text()), &path);
            prop_assert_eq!(serde_json::from_str::<HostPath>(&json).unwrap(), path);
        }

        #[test]
        fn any_text_is_the_spelling_of_one_path_or_of_none(text in "[%0-9A-Fa-f/é\u{0}-\u{7f}]{0,20}") {
            if let Some(path) = HostPath::from_text(&text) {
                prop_assert_eq!(path.to_text(), text);
            }
        }
    }
}
