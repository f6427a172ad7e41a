//! The `Range` header, as far as the protocol needs it: one range of bytes.

/// Which part of an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// Not empty, inside the object.
    Bytes {
        start: u64,
        end: u64,
    },
    /// Asked for what is not there.
    Outside,
}

/// Reads `bytes=1-5`, `bytes=1-` and `bytes=-5` (RFC 9110). What cannot be read, and lists of several ranges, are answered
/// whole, as the standard allows.
pub(super) fn part(header: Option<&str>, size_bytes: u64) -> Part {
    let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Part::Whole };
    let Some((first, last)) = range.split_once('-') else { return Part::Whole };
    let (first, last) = (first.trim(), last.trim());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Part::Whole;
    }
    // A number of more than 64 bits lies behind every object.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let (start, end) = match (first, last) {
        ("", "") => return Part::Whole,
        ("", suffix) => (size_bytes.saturating_sub(number(suffix)), size_bytes),
        (start, "") => (number(start), size_bytes),
        (start, last) if number(last) < number(start) => return Part::Whole,
        (start, last) => (number(start), number(last).saturating_add(1).min(size_bytes)),
    };
    if start >= end { Part::Outside } else { Part::Bytes { start, end } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        let bytes = |start, end| Part::Bytes { start, end };
        for (header, size, expected) in [
            (None, 10, Part::Whole),
            (Some("bytes=0-0"), 10, bytes(0, 1)),
            (Some("bytes=2-5"), 10, bytes(2, 6)),
            (Some("bytes=2-"), 10, bytes(2, 10)),
            (Some("bytes=-3"), 10, bytes(7, 10)),
            (Some("bytes=-30"), 10, bytes(0, 10)),
            (Some("bytes=5-99"), 10, bytes(5, 10)),
            (Some("bytes=9-9"), 10, bytes(9, 10)),
            (Some("bytes=10-"), 10, Part::Outside),
            (Some("bytes=10-12"), 10, Part::Outside),
            (Some("bytes=-0"), 10, Part::Outside),
            (Some("bytes=0-"), 0, Part::Outside),
            (Some("bytes=99999999999999999999999-"), 10, Part::Outside),
            (Some("bytes=5-2"), 10, Part::Whole),
            (Some("bytes=1-2,4-5"), 10, Part::Whole),
            (Some("bytes=a-b"), 10, Part::Whole),
            (Some("bytes=-"), 10, Part::Whole),
            (Some("lines=1-2"), 10, Part::Whole),
        ] {
            assert_eq!(part(header, size), expected, "{header:?} of {size}");
        }
    }
}
