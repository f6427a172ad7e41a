//! Numbers and names as people read them.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `1.234 GiB`, `17 B`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.3} {}", UNITS[unit])
}

/// `7 s`, `0:42`, `1:02:03`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `3 files`, `1 file`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Local time to the second.
#[must_use]
pub fn time(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Names on one line, for a progress bar.
#[must_use]
pub fn line_of(names: &[String]) -> String {
    let joined = names.join("  ").replace(['\n', '\t'], " ");
    String::from_utf8_lossy(&without_controls(joined.as_bytes())).into_owned()
}

/// A name for a terminal: control characters, which could play tricks on it, are shown as `\x1b`. Text that has none is
/// not copied. Bytes that are not UTF-8 stay as they are. Newline and tab stay.
#[must_use]
pub fn without_controls(text: &[u8]) -> Cow<'_, [u8]> {
    let is_control = |byte: u8| (byte < 0x20 && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    if !text.iter().any(|byte| is_control(*byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = Vec::with_capacity(text.len() + 16);
    for &byte in text {
        if is_control(byte) {
            shown.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        } else {
            shown.push(byte);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_with_their_units() {
        for (number, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.000 KiB"), (1 << 20, "1.000 MiB"), (u64::MAX, "16.000 EiB")]
        {
            assert_eq!(bytes(number), text);
        }
        assert_eq!(duration(61.2), "1:01");
        assert_eq!(duration(3723.0), "1:02:03");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(&*without_controls(b"a\x1b[2Jb"), b"a\\x1b[2Jb");
        assert_eq!(&*without_controls("déjà\tvu".as_bytes()), "déjà\tvu".as_bytes());
        assert_eq!(&*without_controls(b"\xff"), b"\xff");
    }
}
