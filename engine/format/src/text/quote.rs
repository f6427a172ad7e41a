//! strconv.Quote and JSON escaping in one pass. Most names are plain ASCII and are copied whole.

use super::printable::is_printable;
use crate::json::write::LOWER_HEX;

/// ASCII that neither layer touches: printable, but `"`, `\` and the three that HTML minds.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = !matches!(byte as u8, b'"' | b'\\' | b'<' | b'>' | b'&');
        byte += 1;
    }
    plain
};

pub(crate) fn quoted_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'"');
    let plain = name.iter().position(|&b| !PLAIN[usize::from(b)]).unwrap_or(name.len());
    out.extend_from_slice(&name[..plain]);
    if plain < name.len() {
        escaped(out, &name[plain..]);
    }
    out.push(b'"');
}

#[cold]
fn escaped(out: &mut Vec<u8>, name: &[u8]) {
    let mut buffer = [0; 4];
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                // Quoted with a backslash; then JSON escapes both.
                '"' => out.extend_from_slice(br#"\\\""#),
                '\\' => out.extend_from_slice(br"\\\\"),
                // Plain to strconv, escaped by encoding/json for HTML's sake.
                '<' | '>' | '&' => crate::json::write::unicode_escape(out, c as u16),
                _ if is_printable(c) => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
                _ => unprintable(out, c),
            }
        }
        for &byte in chunk.invalid() {
            hex(out, b'x', u32::from(byte), 2);
        }
    }
}

/// strconv's escapes; each begins with a backslash, which JSON doubles.
fn unprintable(out: &mut Vec<u8>, c: char) {
    let short = match c {
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        _ if c < ' ' || c == '\x7f' => return hex(out, b'x', c as u32, 2),
        _ if c < '\u{10000}' => return hex(out, b'u', c as u32, 4),
        _ => return hex(out, b'U', c as u32, 8),
    };
    out.extend_from_slice(&[b'\\', b'\\', short]);
}

fn hex(out: &mut Vec<u8>, kind: u8, value: u32, digits: u32) {
    out.extend_from_slice(&[b'\\', b'\\', kind]);
    out.extend((0..digits).rev().map(|digit| LOWER_HEX[(value >> (4 * digit) & 15) as usize]));
}
