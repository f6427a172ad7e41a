//! Printing times.

use super::civil::{self, Civil};
use super::zone::OffsetSpan;
use super::{FileTime, LocalZone, WallTime};
use crate::json::write::two_digits;

/// Prints file times in one zone. Remembers the spans of the last offsets, so that a zone's rules are asked rarely.
#[derive(Debug, Clone)]
pub struct TimeWriter {
    zone: LocalZone,
    /// Four years of summer and winter; the one used last stands first.
    spans: [OffsetSpan; 8],
}

impl TimeWriter {
    #[must_use]
    pub fn new(zone: LocalZone) -> Self {
        Self { zone, spans: [OffsetSpan::EMPTY; 8] }
    }

    /// Appends a time with its quotation marks. Years before 0 and after 9999 become those, as in restic.
    pub fn write(&mut self, out: &mut Vec<u8>, time: FileTime) {
        let mut offset = self.offset(time.seconds);
        let mut date = civil::from_seconds(clamp_seconds(time.seconds).saturating_add(i64::from(offset)));
        if !(0..=9999).contains(&date.year) {
            date.year = date.year.clamp(0, 9999);
            // The date may not exist in that year (29 February), and the zone's rules may differ.
            let local = civil::to_seconds(date);
            offset = self.offset(local - i64::from(offset));
            date = civil::from_seconds(local);
        }
        append(out, date, time.nanoseconds, offset);
    }

    fn offset(&mut self, seconds: i64) -> i32 {
        if !self.spans[0].holds(seconds) {
            let known = self.spans.iter().position(|span| span.holds(seconds));
            let place = known.unwrap_or(self.spans.len() - 1);
            if known.is_none() {
                self.spans[place] = self.zone.offset_span(seconds);
            }
            self.spans[..=place].rotate_right(1);
        }
        whole_minutes(self.spans[0].offset_seconds)
    }
}

/// Far enough outside of all years that are printed, and far enough inside of i64 that no sum overflows.
fn clamp_seconds(seconds: i64) -> i64 {
    seconds.clamp(-(1 << 60), 1 << 60)
}

/// RFC 3339 has no seconds in offsets. Go prints the local clock of the odd offset (Paris until 1911: +00:09:21) and cuts
/// the offset, so that the time read back is another; here the clock is that of the offset printed.
fn whole_minutes(offset_seconds: i32) -> i32 {
    offset_seconds / 60 * 60
}

pub(crate) fn wall_time(out: &mut Vec<u8>, time: WallTime) {
    let offset = whole_minutes(time.offset_seconds);
    let seconds = time.instant.as_nanosecond().div_euclid(1_000_000_000) as i64;
    let nanoseconds = time.instant.as_nanosecond().rem_euclid(1_000_000_000) as u32;
    let mut date = civil::from_seconds(seconds + i64::from(offset));
    date.year = date.year.clamp(0, 9999);
    append(out, date, nanoseconds, offset);
}

/// `"2006-01-02T15:04:05.999999999Z07:00"`.
fn append(out: &mut Vec<u8>, date: Civil, nanoseconds: u32, offset_seconds: i32) {
    let mut text = *b"\"0000-00-00T00:00:00";
    let year = date.year as u32;
    text[1..3].copy_from_slice(&two_digits(year / 100));
    text[3..5].copy_from_slice(&two_digits(year % 100));
    text[6..8].copy_from_slice(&two_digits(u32::from(date.month)));
    text[9..11].copy_from_slice(&two_digits(u32::from(date.day)));
    text[12..14].copy_from_slice(&two_digits(date.second_of_day / 3600));
    text[15..17].copy_from_slice(&two_digits(date.second_of_day / 60 % 60));
    text[18..20].copy_from_slice(&two_digits(date.second_of_day % 60));
    out.extend_from_slice(&text);
    fraction(out, nanoseconds);
    if offset_seconds == 0 {
        out.extend_from_slice(b"Z\"");
        return;
    }
    let minutes = offset_seconds.unsigned_abs() / 60;
    let ([h1, h2], [m1, m2]) = (two_digits(minutes / 60), two_digits(minutes % 60));
    out.extend_from_slice(&[if offset_seconds < 0 { b'-' } else { b'+' }, h1, h2, b':', m1, m2, b'"']);
}

fn fraction(out: &mut Vec<u8>, nanoseconds: u32) {
    if nanoseconds == 0 {
        return;
    }
    let mut text = *b".000000000";
    let nanoseconds = nanoseconds % 1_000_000_000;
    text[1] += (nanoseconds / 100_000_000) as u8;
    let eight = nanoseconds % 100_000_000;
    for (place, divisor) in [(2, 1_000_000), (4, 10_000), (6, 100), (8, 1)] {
        text[place..place + 2].copy_from_slice(&two_digits(eight / divisor));
    }
    let len = text.iter().rposition(|&b| b != b'0').map_or(0, |last| last + 1);
    out.extend_from_slice(&text[..len]);
}
