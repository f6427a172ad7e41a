//! Values as people write them: sizes, durations, shares, times.

use std::fmt;

use rempart_policy::Keep;

/// A number of bytes, written as `500`, `64K`, `10MiB`, `2G`: the units are powers of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeBytes(pub u64);

pub fn size(text: &str) -> Result<SizeBytes, String> {
    let refuse = || format!("{text:?} is not a size: write 500, 64K, 10M, 2G or 1T");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(refuse()),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1 << shift).map(SizeBytes).ok_or_else(refuse);
    }
    let number: f64 = number.parse().map_err(|_| refuse())?;
    let bytes = number * (1u64 << shift) as f64;
    if bytes.is_finite() && bytes < 1e18 { Ok(SizeBytes(bytes as u64)) } else { Err(refuse()) }
}

/// How many snapshots a rule keeps: a number, or `unlimited`.
pub fn keep(text: &str) -> Result<Keep, String> {
    if text == "unlimited" {
        return Ok(Keep::All);
    }
    text.parse().map(Keep::Count).map_err(|_| format!("{text:?} is no count: write a number, or unlimited"))
}

/// How long to wait, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitSeconds(pub u64);

impl fmt::Display for WaitSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

/// `90`, `90s`, `5m`, `1h`, `1h30m`.
pub fn wait(text: &str) -> Result<WaitSeconds, String> {
    let refuse = || format!("{text:?} is not a duration: write 30s, 5m or 1h30m");
    if let Ok(seconds) = text.parse() {
        return Ok(WaitSeconds(seconds));
    }
    let mut total_seconds = 0u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0).ok_or_else(refuse)?;
        let number: u64 = rest[..digits].parse().map_err(|_| refuse())?;
        let unit = rest[digits..].chars().next().ok_or_else(refuse)?;
        let unit_seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(refuse()),
        };
        total_seconds =
            number.checked_mul(unit_seconds).and_then(|s| s.checked_add(total_seconds)).ok_or_else(refuse)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    if text.is_empty() { Err(refuse()) } else { Ok(WaitSeconds(total_seconds)) }
}

/// A moment: `now`, `2026-03-01`, `2026-03-01 12:30:00` in local time, or RFC 3339 with an offset.
pub fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    if text == "now" {
        return Ok(jiff::Timestamp::now());
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(instant);
    }
    text.parse::<jiff::civil::DateTime>()
        .and_then(|local| local.to_zoned(jiff::tz::TimeZone::system()))
        .map(|zoned| zoned.timestamp())
        .map_err(|_| format!("{text:?} is not a time: write now, \"2026-03-01 12:30:00\" or 2026-03-01T12:30:00+01:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_powers_of_1024_and_nothing_else_is_a_size() {
        for (text, bytes) in [
            ("0", 0),
            ("500", 500),
            ("1k", 1024),
            ("64K", 65_536),
            ("1.5M", 1_572_864),
            ("10MiB", 10 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(size(text), Ok(SizeBytes(bytes)), "{text}");
        }
        for text in ["", "G", "-1", "1x", "1..5", "99999999999T", "1 2"] {
            assert!(size(text).is_err(), "{text:?} was taken for a size");
        }
    }

    #[test]
    fn durations_are_read_with_and_without_units() {
        for (text, seconds) in [("1h30m", 5400), ("45", 45), ("0s", 0), ("2d", 172_800)] {
            assert_eq!(wait(text), Ok(WaitSeconds(seconds)), "{text}");
        }
        for text in ["", "h", "5y", "5mm", "-1s", "1.5h", "99999999999999999999d"] {
            assert!(wait(text).is_err(), "{text:?} was taken for a duration");
        }
    }

    #[test]
    fn a_moment_is_a_date_a_local_time_or_an_instant() {
        assert_eq!(moment("2026-03-01T12:30:00Z").unwrap().to_string(), "2026-03-01T12:30:00Z");
        assert_eq!(moment("2026-03-01T12:30:00+01:00").unwrap().to_string(), "2026-03-01T11:30:00Z");
        assert!(moment("2026-03-01 12:30:00").is_ok() && moment("2026-03-01").is_ok() && moment("now").is_ok());
        assert!(moment("yesterday").is_err() && moment("").is_err());
    }
}
