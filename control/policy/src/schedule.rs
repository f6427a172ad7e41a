//! Schedules: cron in the time zone of a place, and the moments at which it fires.
//!
//! On the day on which clocks go forward, a time that the day lacks fires once, right after the gap; on the day on which
//! they go back, a fixed time fires once, in the first of the two hours. Patterns that fire all the time (`*/15 * * * *`)
//! follow real time through both.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rempart_model::{Missed, ScheduleSpec};

/// A schedule that was understood, and fires at least once.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
    missed: Missed,
}

/// What a cron pattern is made of, in the order of six fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CronField {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

impl CronField {
    pub const ALL: [Self; 6] = [Self::Second, Self::Minute, Self::Hour, Self::DayOfMonth, Self::Month, Self::DayOfWeek];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of the month",
            Self::Month => "month",
            Self::DayOfWeek => "day of the week",
        }
    }

    /// What may stand there.
    #[must_use]
    pub const fn range(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0-59",
            Self::Hour => "0-23",
            Self::DayOfMonth => "1-31 or L",
            Self::Month => "1-12 or JAN-DEC",
            Self::DayOfWeek => "0-7 (0 and 7 are Sunday) or SUN-SAT",
        }
    }
}

/// Why a schedule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error(
        "{cron:?} has {fields} fields: five are expected (minute, hour, day of the month, month, day of the week), or six \
         with seconds first"
    )]
    Fields { cron: String, fields: usize },
    #[error("{text:?} is no {}: {} with , - / and * are understood", field.name(), field.range())]
    Field { field: CronField, text: String },
    #[error("{cron:?} never fires: no calendar has such a day")]
    NeverFires { cron: String },
    #[error("{name:?} is not a time zone: give an IANA name such as Europe/Paris")]
    TimeZone { name: String },
}

impl ScheduleError {
    /// The member of [`ScheduleSpec`] that is wrong, as JSON calls it.
    #[must_use]
    pub const fn member(&self) -> &'static str {
        match self {
            Self::Fields { .. } | Self::Field { .. } | Self::NeverFires { .. } => "cron",
            Self::TimeZone { .. } => "timeZone",
        }
    }
}

impl Schedule {
    pub fn parse(spec: &ScheduleSpec) -> Result<Self, ScheduleError> {
        let zone = TimeZone::get(&spec.time_zone)
            .ok()
            .filter(|_| !spec.time_zone.is_empty())
            .ok_or_else(|| ScheduleError::TimeZone { name: spec.time_zone.clone() })?;
        let schedule = Self { cron: parse(&spec.cron)?, zone, missed: spec.missed };
        // Any moment will do: what fires once, fires again.
        let from = "2026-01-01T00:00:00Z".parse().expect("a moment");
        match schedule.next_after(from) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::NeverFires { cron: spec.cron.clone() }),
        }
    }

    /// The first moment after `after`; None where the pattern names years that are over.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let found = self.cron.find_next_occurrence(&Zoned::new(after, self.zone.clone()), false).ok()?;
        Some(found.timestamp()).filter(|next| *next > after)
    }

    /// The moments after `after`, one by one.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_after(after), |previous| self.next_after(*previous))
    }

    #[must_use]
    pub fn missed(&self) -> Missed {
        self.missed
    }

    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

fn parse(cron: &str) -> Result<Cron, ScheduleError> {
    // Years are left out: a schedule that ends by itself is a plan that is forgotten.
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    let fields: Vec<&str> = cron.split_whitespace().collect();
    if !matches!(fields.len(), 5 | 6) {
        return Err(ScheduleError::Fields { cron: cron.to_owned(), fields: fields.len() });
    }
    let names = &CronField::ALL[6 - fields.len()..];
    // Each field on its own first, so that the answer names the wrong one.
    for (position, (&text, &field)) in fields.iter().zip(names).enumerate() {
        let mut alone = vec!["*"; fields.len()];
        alone[position] = text;
        if text.contains('@') || parser.parse(&alone.join(" ")).is_err() {
            return Err(ScheduleError::Field { field, text: text.to_owned() });
        }
    }
    let whole = |_| ScheduleError::Fields { cron: cron.to_owned(), fields: fields.len() };
    parser.parse(&fields.join(" ")).map_err(whole)
}
