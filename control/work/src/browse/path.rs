//! Paths of a snapshot in addresses: bytes in percent code, so that a name that is no UTF-8 can be asked for.

/// The path as text that goes into an address as it is: everything but letters, digits and `/-_.~` in percent code.
#[must_use]
pub fn path_text(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The path as text that people can read and [`path_bytes`] understands: UTF-8 as it is, other bytes in percent code, and the
/// percent sign that would begin a code as `%25`.
#[must_use]
pub fn readable_path(path: &[u8]) -> String {
    let begins_code = |at: usize| {
        path[at] == b'%' && path.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit))
    };
    let mut text = String::with_capacity(path.len());
    let mut at = 0;
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            if begins_code(at) {
                text.push_str("%25")
            } else {
                text.push(c)
            }
            at += c.len_utf8();
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
            at += 1;
        }
    }
    text
}

/// The bytes of such a text. A percent sign that begins no code stands for itself, so that a person may type a plain path.
#[must_use]
pub fn path_bytes(text: &str) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let code = (text.get(at + 1).copied().and_then(hex), text.get(at + 2).copied().and_then(hex));
        if let (b'%', (Some(high), Some(low))) = (byte, code) {
            bytes.push(high << 4 | low);
            at += 3;
        } else {
            bytes.push(byte);
            at += 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readable_path_says_any_bytes_and_plain_ones_as_they_are() {
        let all: Vec<u8> = (1..=255).collect();
        for (bytes, text) in [
            (&b"/home/ann/My Docs"[..], "/home/ann/My Docs"),
            ("/été/☃".as_bytes(), "/été/☃"),
            (b"/100%", "/100%"),
            (b"/100%25", "/100%2525"),
            (b"/a%zz%4", "/a%zz%4"),
            (b"/caf\xe9", "/caf%E9"),
            (b"/%\xe9", "/%%E9"),
            (b"/%a\xe9", "/%a%E9"),
        ] {
            assert_eq!(readable_path(bytes), text);
            assert_eq!(path_bytes(text), bytes, "{text}");
        }
        assert_eq!(path_bytes(&readable_path(&all)), all);
    }

    #[test]
    fn any_bytes_come_back_as_they_were() {
        let all: Vec<u8> = (1..=255).collect();
        assert_eq!(path_bytes(&path_text(&all)), all);
        assert!(path_text(&all).is_ascii());
        for (text, bytes) in [("/a%20b", &b"/a b"[..]), ("/100%", b"/100%"), ("/%zz", b"/%zz"), ("/é", "/é".as_bytes())]
        {
            assert_eq!(path_bytes(text), bytes, "{text}");
        }
    }
}
