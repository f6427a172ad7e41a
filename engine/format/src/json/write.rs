//! Appending JSON as Go's encoding/json does.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rempart_model::Id;

pub(crate) const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";

/// How many bytes of a string stand for themselves from the start: ASCII that Go does not escape.
fn plain_prefix(text: &[u8]) -> usize {
    text.iter().position(|&b| !PLAIN[usize::from(b)]).unwrap_or(text.len())
}

/// ASCII that encoding/json copies: everything printable and DEL, but `"`, `\` and the three that HTML minds.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x80 {
        plain[byte] = !matches!(byte as u8, b'"' | b'\\' | b'<' | b'>' | b'&');
        byte += 1;
    }
    plain
};

/// Appends `text` as a JSON string with its quotation marks. What is not UTF-8 becomes `\ufffd`, byte by byte, as in Go.
pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    string_body(out, text);
    out.push(b'"');
}

fn string_body(out: &mut Vec<u8>, text: &[u8]) {
    let plain = plain_prefix(text);
    out.extend_from_slice(&text[..plain]);
    for chunk in text[plain..].utf8_chunks() {
        valid(out, chunk.valid());
        for _ in chunk.invalid() {
            out.extend_from_slice(br"\ufffd");
        }
    }
}

fn valid(out: &mut Vec<u8>, text: &str) {
    let mut buffer = [0; 4];
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(br#"\""#),
            '\\' => out.extend_from_slice(br"\\"),
            '\u{8}' => out.extend_from_slice(br"\b"),
            '\u{c}' => out.extend_from_slice(br"\f"),
            '\n' => out.extend_from_slice(br"\n"),
            '\r' => out.extend_from_slice(br"\r"),
            '\t' => out.extend_from_slice(br"\t"),
            '<' | '>' | '&' | '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => unicode_escape(out, c as u16),
            _ => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
}

pub(crate) fn unicode_escape(out: &mut Vec<u8>, unit: u16) {
    let digit = |shift: u16| LOWER_HEX[usize::from(unit >> shift & 15)];
    out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

/// The digits of 0 to 99, two each.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Two decimal digits of a number under 100.
pub(crate) const fn two_digits(number: u32) -> [u8; 2] {
    PAIRS[(number % 100) as usize]
}

pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    // 20 digits hold u64::MAX.
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    while rest >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    at -= 2;
    digits[at..at + 2].copy_from_slice(&PAIRS[rest as usize]);
    at += usize::from(rest < 10);
    out.extend_from_slice(&digits[at..]);
}

/// The same for what may be negative, which only process ids of foreign locks could be.
pub(crate) fn signed(out: &mut Vec<u8>, number: i64) {
    write!(out, "{number}").expect("writing to a Vec does not fail");
}

pub(crate) fn id(out: &mut Vec<u8>, id: &Id) {
    let mut text = [b'"'; 2 + 2 * Id::LEN_BYTES];
    for (pair, byte) in text[1..65].chunks_exact_mut(2).zip(id.as_bytes()) {
        pair[0] = hex_digit(byte >> 4);
        pair[1] = hex_digit(byte & 15);
    }
    out.extend_from_slice(&text);
}

/// Arithmetic and not a table, so that the compiler does all digits of an identifier at once.
const fn hex_digit(value: u8) -> u8 {
    b'0' + value + (value > 9) as u8 * (b'a' - b'0' - 10)
}

/// Bytes as Go writes a `[]byte`: a string of padded standard base64.
pub(crate) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let from = out.len();
    // Four characters for each three bytes begun; cannot overflow for what lies in memory.
    out.resize(from + bytes.len().div_ceil(3) * 4, 0);
    let written = BASE64.encode_slice(bytes, &mut out[from..]).expect("the room was made for it");
    debug_assert_eq!(from + written, out.len(), "base64 length");
    out.push(b'"');
}

pub(crate) fn strings<'a>(out: &mut Vec<u8>, items: impl IntoIterator<Item = &'a [u8]>) {
    out.push(b'[');
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        string(out, item);
    }
    out.push(b']');
}
