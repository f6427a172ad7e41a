//! Reading times: RFC 3339 as Go's time.Time reads it from JSON.

use jiff::Timestamp;

use super::civil::{self, Civil};
use super::{FileTime, WallTime};

/// A time as it was written: the instant and the offset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parsed {
    pub time: FileTime,
    pub offset_seconds: i32,
}

impl Parsed {
    pub(crate) fn wall_time(self) -> Option<WallTime> {
        let instant = Timestamp::new(self.time.seconds, self.time.nanoseconds as i32).ok()?;
        Some(WallTime { instant, offset_seconds: self.offset_seconds })
    }
}

/// `2006-01-02T15:04:05[.digits](Z|±hh:mm)`; digits behind the ninth are dropped.
pub(crate) fn parse(text: &str) -> Option<Parsed> {
    let (head, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| head[at] != byte) {
        return None;
    }
    let year = i64::from(two_digits(head, 0)?) * 100 + i64::from(two_digits(head, 2)?);
    let (month, day) = (two_digits(head, 5)?, two_digits(head, 8)?);
    let (hour, minute, second) = (two_digits(head, 11)?, two_digits(head, 14)?, two_digits(head, 17)?);
    if day == 0 || day > civil::month_days(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanoseconds, rest) = fraction(rest)?;
    let offset_seconds = offset(rest)?;
    let second_of_day = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second);
    let local = civil::to_seconds(Civil { year, month, day, second_of_day });
    let time = FileTime { seconds: local - i64::from(offset_seconds), nanoseconds };
    Some(Parsed { time, offset_seconds })
}

fn two_digits(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| text.get(at)?.checked_sub(b'0').filter(|d| *d < 10);
    Some(digit(at)? * 10 + digit(at + 1)?)
}

fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let nanoseconds = (0..9).fold(0, |sum, at| {
        let digit = if at < count { u32::from(digits[at] - b'0') } else { 0 };
        sum * 10 + digit
    });
    Some((nanoseconds, &digits[count..]))
}

fn offset(text: &[u8]) -> Option<i32> {
    let (sign, text) = match text {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    if text.len() != 5 || text[2] != b':' {
        return None;
    }
    let (hours, minutes) = (two_digits(text, 0)?, two_digits(text, 3)?);
    (hours < 24 && minutes < 60).then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
}
