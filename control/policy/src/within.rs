//! Spans of the calendar as people write them: `1y6m`, `14d12h`. The grammar is restic's.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A length of time in calendar units. `m` is months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Within {
    pub years: u16,
    pub months: u16,
    pub days: u16,
    pub hours: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a span: write years, months, days and hours in that order, such as 1y6m14d12h (m is months)")]
pub struct ParseWithinError {
    pub text: String,
}

impl Within {
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The moment that lies this far before `moment` by the calendar of `zone`; the earliest representable one where
    /// there is none. A day that the month lacks flows over into the next month (31 March less a month is 3 March), as
    /// Go's `AddDate` does, so that restic and Rempart keep the same snapshots.
    #[must_use]
    pub fn before(&self, moment: Timestamp, zone: &TimeZone) -> Timestamp {
        self.try_before(moment, zone).unwrap_or(Timestamp::MIN)
    }

    fn try_before(&self, moment: Timestamp, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
        let local = zone.to_datetime(moment);
        let months = i32::from(local.year()) * 12 + i32::from(local.month())
            - 1
            - i32::from(self.years) * 12
            - i32::from(self.months);
        let year = i16::try_from(months.div_euclid(12)).unwrap_or(i16::MIN);
        let month = i8::try_from(months.rem_euclid(12) + 1).expect("1 to 12");
        let days: Span = (i64::from(local.day()) - 1 - i64::from(self.days)).days();
        let date = Date::new(year, month, 1)?.checked_add(days)?;
        let shifted = zone.to_timestamp(date.to_datetime(local.time()))?;
        shifted.checked_sub(i64::from(self.hours).hours())
    }
}

impl FromStr for Within {
    type Err = ParseWithinError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseWithinError { text: text.to_owned() };
        let mut within = Self::default();
        let mut rest = text;
        let mut units = "ymdh".chars();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
            let (number, tail) = rest.split_at(digits);
            let unit = tail.chars().next().ok_or_else(refuse)?;
            // `any` consumes the units up to this one, so each appears once at most, and in order.
            if !units.any(|allowed| allowed == unit) {
                return Err(refuse());
            }
            let small = || number.parse::<u16>().map_err(|_| refuse());
            match unit {
                'y' => within.years = small()?,
                'm' => within.months = small()?,
                'd' => within.days = small()?,
                _ => within.hours = number.parse().map_err(|_| refuse())?,
            }
            rest = &tail[1..];
        }
        if text.is_empty() { Err(refuse()) } else { Ok(within) }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.years.into(), 'y'), (self.months.into(), 'm'), (self.days.into(), 'd'), (self.hours, 'h')];
        if self.is_zero() {
            return f.write_str("0h");
        }
        parts.iter().filter(|(number, _)| *number > 0).try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

impl TryFrom<String> for Within {
    type Error = ParseWithinError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Within> for String {
    fn from(within: Within) -> Self {
        within.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_what_they_print() {
        for text in ["1y", "6m", "1y6m14d12h", "90d", "36h", "0h"] {
            assert_eq!(text.parse::<Within>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_span_is_refused_by_name() {
        for text in ["", "1", "y", "1w", "1m1y", "1d1d", "-1d", "1.5d", "99999999y", "1d ", "é"] {
            let error = text.parse::<Within>().expect_err(text);
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn spans_step_back_by_the_calendar_of_the_zone() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        for (within, from, to) in [
            ("1y", "2026-03-01T12:00:00+01:00", "2025-03-01T12:00:00+01:00"),
            ("1m", "2026-04-15T12:00:00+02:00", "2026-03-15T12:00:00+01:00"), // across the change to summer time
            ("1d", "2026-03-29T12:00:00+02:00", "2026-03-28T12:00:00+01:00"),
            ("24h", "2026-03-29T12:00:00+02:00", "2026-03-28T11:00:00+01:00"),
            ("1m", "2026-03-31T12:00:00+02:00", "2026-03-03T12:00:00+01:00"), // as Go's AddDate
            ("1y", "2024-02-29T12:00:00+01:00", "2023-03-01T12:00:00+01:00"),
        ] {
            let from: Timestamp = from.parse().unwrap();
            let expected: Timestamp = to.parse().unwrap();
            assert_eq!(within.parse::<Within>().unwrap().before(from, &paris), expected, "{within} before {from}");
        }
    }
}
