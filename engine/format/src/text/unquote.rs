//! strconv.Unquote for the inside of a double-quoted string: every escape of Go, not just those that Quote writes.

use crate::FormatError;

/// Appends what `quoted` stands for. Refused as in Go: an unescaped `"`, a line break, an unknown or cut off escape.
pub(crate) fn unquote(what: &'static str, quoted: &str, name: &mut Vec<u8>) -> Result<(), FormatError> {
    let mut rest = quoted;
    while let Some(special) = rest.bytes().position(|b| matches!(b, b'\\' | b'"' | b'\n')) {
        name.extend_from_slice(&rest.as_bytes()[..special]);
        let Some(behind) = escape(&rest[special..], name) else {
            return Err(FormatError::BadQuoting { what, quoted: quoted.to_owned() });
        };
        rest = behind;
    }
    name.extend_from_slice(rest.as_bytes());
    Ok(())
}

/// Reads one escape from the backslash on and returns what follows it; `None` if it is none.
fn escape<'a>(text: &'a str, name: &mut Vec<u8>) -> Option<&'a str> {
    let mut chars = text.strip_prefix('\\')?.chars();
    let kind = chars.next()?;
    let rest = chars.as_str();
    let byte = match kind {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => return number(rest, 2, 16, |value| name.push(value as u8)),
        '0'..='7' => {
            let value = u32::from_str_radix(text.get(1..4).filter(|d| is_digits(d, 8))?, 8).ok()?;
            name.push(u8::try_from(value).ok()?);
            return text.get(4..);
        }
        'u' | 'U' => {
            let mut character = None;
            let rest = number(rest, if kind == 'u' { 4 } else { 8 }, 16, |value| character = char::from_u32(value))?;
            name.extend_from_slice(character?.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    name.push(byte);
    Some(rest)
}

fn number(text: &str, digits: usize, radix: u32, found: impl FnOnce(u32)) -> Option<&str> {
    let value = text.get(..digits).filter(|d| is_digits(d, radix))?;
    found(u32::from_str_radix(value, radix).ok()?);
    text.get(digits..)
}

/// `from_str_radix` alone would take a sign.
fn is_digits(text: &str, radix: u32) -> bool {
    text.chars().all(|c| c.is_digit(radix))
}
