//! The local time zone, which decides the offset that each time is printed with.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone that times are printed in. A value, so that encoding is a pure function of its arguments.
#[derive(Debug, Clone)]
pub struct LocalZone {
    /// `None` is UTC, the fast case and that of most servers.
    zone: Option<TimeZone>,
}

impl LocalZone {
    #[must_use]
    pub const fn utc() -> Self {
        Self { zone: None }
    }

    /// The zone of this machine, by `TZ` or /etc/localtime, as Go's time.Local; UTC where there is none.
    #[must_use]
    pub fn system() -> Self {
        Self::new(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        let is_utc = zone.to_fixed_offset().is_ok_and(|offset| offset.is_zero());
        Self { zone: (!is_utc).then_some(zone) }
    }

    #[must_use]
    pub const fn is_utc(&self) -> bool {
        self.zone.is_none()
    }

    /// The offset east of UTC in force at `seconds` since 1970.
    #[must_use]
    pub fn offset_seconds(&self, seconds: i64) -> i32 {
        self.zone.as_ref().map_or(0, |zone| zone.to_offset(clamped(seconds)).seconds())
    }

    /// The same, with the seconds from and up to which (exclusive) it stays the same.
    pub(crate) fn offset_span(&self, seconds: i64) -> OffsetSpan {
        let Some(zone) = &self.zone else {
            return OffsetSpan { from: i64::MIN, until: i64::MAX, offset_seconds: 0 };
        };
        let instant = clamped(seconds);
        let from = zone.preceding(instant).next().map_or(i64::MIN, |t| t.timestamp().as_second());
        let until = zone.following(instant).next().map_or(i64::MAX, |t| t.timestamp().as_second());
        // `preceding` excludes the instant itself: at a transition, the new offset counts from there on.
        let from = if zone.preceding(later(instant)).next().is_some_and(|t| t.timestamp() == instant) {
            instant.as_second()
        } else {
            from
        };
        OffsetSpan { from, until, offset_seconds: zone.to_offset(instant).seconds() }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct OffsetSpan {
    pub from: i64,
    pub until: i64,
    pub offset_seconds: i32,
}

impl OffsetSpan {
    /// Knows no second yet.
    pub(crate) const EMPTY: Self = Self { from: 0, until: 0, offset_seconds: 0 };

    pub(crate) const fn holds(&self, seconds: i64) -> bool {
        self.from <= seconds && seconds < self.until
    }
}

/// Files may claim times that no calendar library has; the zone's rules do not change out there.
fn clamped(seconds: i64) -> Timestamp {
    let seconds = seconds.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn later(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second() + 1).unwrap_or(instant)
}
