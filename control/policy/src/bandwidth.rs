//! How fast data may travel, by the hour of the day.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rempart_model::{AgentLimits, HourLimit};

/// Less would keep one piece of a session on its way for minutes.
pub const LEAST_BYTES_PER_SECOND: u64 = 64 << 10;
/// One for each hour.
pub const MOST_HOUR_LIMITS: usize = 24;

/// Limits that were understood.
#[derive(Debug, Clone)]
pub struct Bandwidth {
    otherwise: Option<u64>,
    hours: Vec<HourLimit>,
    zone: TimeZone,
}

/// A limit that holds from a moment on. None: as fast as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateFrom {
    pub at: Timestamp,
    pub bytes_per_second: Option<u64>,
}

/// Why limits are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BandwidthError {
    #[error("{bytes} bytes per second are too few: give 65536 or more, or leave the limit out")]
    TooLittle { bytes: u64 },
    #[error("from {from} until {until} is no time of the day: hours go from 0 to 23 and until 1 to 24, and differ")]
    Hours { from: u8, until: u8 },
    #[error("{count} limits by the hour are too many: give at most 24")]
    TooMany { count: usize },
    #[error("{name:?} is not a time zone: give an IANA name such as Europe/Paris")]
    TimeZone { name: String },
}

/// Clocks of all places stand at a multiple of this against UTC.
const STEP: SignedDuration = SignedDuration::from_mins(15);

impl Bandwidth {
    pub fn parse(limits: &AgentLimits) -> Result<Self, BandwidthError> {
        let name = &limits.time_zone;
        let zone = TimeZone::get(name).ok().filter(|_| !name.is_empty());
        let zone = zone.ok_or_else(|| BandwidthError::TimeZone { name: name.clone() })?;
        if limits.hours.len() > MOST_HOUR_LIMITS {
            return Err(BandwidthError::TooMany { count: limits.hours.len() });
        }
        for &HourLimit { from, until, .. } in &limits.hours {
            if from > 23 || !(1..=24).contains(&until) || from == until {
                return Err(BandwidthError::Hours { from, until });
            }
        }
        let mut rates = limits.hours.iter().filter_map(|hours| hours.bytes_per_second).chain(limits.bytes_per_second);
        if let Some(bytes) = rates.find(|bytes| *bytes < LEAST_BYTES_PER_SECOND) {
            return Err(BandwidthError::TooLittle { bytes });
        }
        Ok(Self { otherwise: limits.bytes_per_second, hours: limits.hours.clone(), zone })
    }

    /// The limit of a moment.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> Option<u64> {
        let hour = self.zone.to_datetime(moment).hour().unsigned_abs();
        let holds = |limit: &&HourLimit| match limit.from < limit.until {
            true => (limit.from..limit.until).contains(&hour),
            false => hour >= limit.from || hour < limit.until,
        };
        self.hours.iter().find(holds).map_or(self.otherwise, |limit| limit.bytes_per_second)
    }

    /// The limits from `now` on and as far as `ahead`, one for each change. None at all where nothing is limited.
    #[must_use]
    pub fn ahead(&self, now: Timestamp, ahead: SignedDuration) -> Vec<RateFrom> {
        let mut rates = vec![RateFrom { at: now, bytes_per_second: self.at(now) }];
        let end = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
        let past = SignedDuration::from_secs(now.as_second().rem_euclid(STEP.as_secs()));
        let mut at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        at = at.checked_sub(past).unwrap_or(now);
        while let Ok(next) = at.checked_add(STEP)
            && next < end
            && !self.hours.is_empty()
        {
            at = next;
            let bytes_per_second = self.at(at);
            if rates.last().is_some_and(|last| last.bytes_per_second != bytes_per_second) {
                rates.push(RateFrom { at, bytes_per_second });
            }
        }
        if rates.iter().all(|rate| rate.bytes_per_second.is_none()) { Vec::new() } else { rates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn limits(hours: &[(u8, u8, Option<u64>)]) -> AgentLimits {
        let hours = hours.iter().map(|&(from, until, bytes_per_second)| HourLimit { from, until, bytes_per_second });
        AgentLimits {
            bytes_per_second: Some(8 * MIB),
            hours: hours.collect(),
            time_zone: "Europe/Paris".to_owned(),
            ..AgentLimits::default()
        }
    }

    fn changes(limits: &AgentLimits, now: &str, hours: i64) -> Vec<(String, Option<u64>)> {
        let bandwidth = Bandwidth::parse(limits).unwrap();
        let rates = bandwidth.ahead(now.parse().unwrap(), SignedDuration::from_hours(hours));
        rates.into_iter().map(|rate| (rate.at.to_string(), rate.bytes_per_second)).collect()
    }

    #[test]
    fn the_first_limit_that_holds_counts_and_nights_go_over_midnight() {
        let limits = limits(&[(8, 18, Some(MIB)), (9, 10, Some(2 * MIB)), (22, 6, None)]);
        let told = |at: &str, rate| (at.to_owned(), rate);
        assert_eq!(
            changes(&limits, "2026-01-10T07:30:12.5Z", 24),
            [
                told("2026-01-10T07:30:12.5Z", Some(MIB)),
                told("2026-01-10T17:00:00Z", Some(8 * MIB)),
                told("2026-01-10T21:00:00Z", None),
                told("2026-01-11T05:00:00Z", Some(8 * MIB)),
                told("2026-01-11T07:00:00Z", Some(MIB)),
            ]
        );
    }

    #[test]
    fn hours_are_those_of_the_place_when_its_clocks_change() {
        // On 29 March 2026 the clocks of Paris go from 2 to 3.
        let limits = limits(&[(2, 4, Some(MIB))]);
        let all = changes(&limits, "2026-03-28T12:00:00Z", 24);
        assert_eq!(
            all[1..],
            [("2026-03-29T01:00:00Z".to_owned(), Some(MIB)), ("2026-03-29T02:00:00Z".to_owned(), Some(8 * MIB)),]
        );
    }

    #[test]
    fn without_limits_there_is_nothing_to_tell() {
        assert_eq!(changes(&AgentLimits::default(), "2026-01-10T07:30:00Z", 240), []);
        let all_day = AgentLimits { bytes_per_second: Some(MIB), ..AgentLimits::default() };
        assert_eq!(changes(&all_day, "2026-01-10T07:30:00Z", 240).len(), 1);
        let most = (0..24_u8).map(|hour| (hour, hour + 1, Some(MIB + u64::from(hour) * MIB))).collect::<Vec<_>>();
        assert_eq!(changes(&limits(&most), "2026-01-10T00:00:00Z", 168).len(), 168);
    }

    #[test]
    fn what_cannot_be_kept_to_is_refused() {
        let refused = |limits: &AgentLimits| Bandwidth::parse(limits).expect_err("refused");
        for (from, until) in [(24, 1), (3, 25), (3, 0), (3, 3)] {
            assert_eq!(refused(&limits(&[(from, until, None)])), BandwidthError::Hours { from, until });
        }
        assert_eq!(refused(&limits(&[(1, 2, Some(1000))])), BandwidthError::TooLittle { bytes: 1000 });
        let little = AgentLimits { bytes_per_second: Some(0), ..AgentLimits::default() };
        assert_eq!(refused(&little), BandwidthError::TooLittle { bytes: 0 });
        assert_eq!(refused(&limits(&[(1, 2, None); 25])), BandwidthError::TooMany { count: 25 });
        let nowhere = AgentLimits { time_zone: "Mars/Base".to_owned(), ..AgentLimits::default() };
        assert_eq!(refused(&nowhere), BandwidthError::TimeZone { name: "Mars/Base".to_owned() });
    }
}
