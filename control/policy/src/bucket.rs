//! Periods of the calendar: two moments are in the same period when their labels are equal.

use jiff::Zoned;
use serde::{Deserialize, Serialize};

/// A period of which one snapshot is kept. In the order in which policies are written and explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    Yearly,
}

impl Period {
    pub const ALL: [Self; 6] = [Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly, Self::Quarterly, Self::Yearly];

    /// `hourly`, `daily`, …: the word in options, reasons and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Yearly => "yearly",
        }
    }

    /// A number that is equal for two moments of the same period and differs between neighbours. Weeks are ISO 8601's,
    /// Monday to Sunday, so the last days of December may belong to week 1 of the next year. The repeated hour of the
    /// day on which clocks go back is one hour by the clock on the wall, as in restic.
    pub(crate) fn label(self, at: &Zoned) -> i64 {
        let (year, month) = (i64::from(at.year()), i64::from(at.month()));
        let day = (year * 100 + month) * 100 + i64::from(at.day());
        match self {
            Self::Hourly => day * 100 + i64::from(at.hour()),
            Self::Daily => day,
            Self::Weekly => {
                let week = at.date().iso_week_date();
                i64::from(week.year()) * 100 + i64::from(week.week())
            }
            Self::Monthly => year * 100 + month,
            Self::Quarterly => year * 10 + (month - 1) / 3,
            Self::Yearly => year,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_period_just_until_its_boundary() {
        let cases = [
            (Period::Hourly, "2026-03-01T10:59:59", "2026-03-01T10:00:00", "2026-03-01T11:00:00"),
            (Period::Daily, "2026-03-01T23:59:59", "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
            (Period::Weekly, "2027-01-01T12:00:00", "2026-12-28T00:00:00", "2027-01-04T00:00:00"),
            (Period::Monthly, "2026-02-28T23:00:00", "2026-02-01T00:00:00", "2026-03-01T00:00:00"),
            (Period::Quarterly, "2026-03-31T23:00:00", "2026-01-01T00:00:00", "2026-04-01T00:00:00"),
            (Period::Yearly, "2026-12-31T23:00:00", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
        ];
        for (period, moment, same, other) in cases {
            let label = |text: &str| period.label(&format!("{text}[Europe/Paris]").parse().unwrap());
            assert_eq!(label(moment), label(same), "{period:?}: {moment} and {same} should share it");
            assert_ne!(label(moment), label(other), "{period:?}: {moment} and {other} should not share it");
        }
    }
}
