//! The proleptic Gregorian calendar over 64-bit seconds, which reaches further than any calendar library must.

pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Days in 400 years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
    pub second_of_day: u32,
}

/// The date and time of `seconds` since 1970. Years are counted from March within, so that leap days come last.
pub(crate) fn from_seconds(seconds: i64) -> Civil {
    let days = seconds.div_euclid(DAY_SECONDS) + EPOCH_DAYS;
    let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March have 31 30 31 30 31 days, again and again: 153 for five of them.
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Civil {
        year: era * 400 + year_of_era + i64::from(month <= 2),
        month: month as u8,
        day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8,
        second_of_day: seconds.rem_euclid(DAY_SECONDS) as u32,
    }
}

/// The inverse; `day` may lie behind the end of its month, and then counts into the next.
pub(crate) fn to_seconds(civil: Civil) -> i64 {
    let year = civil.year - i64::from(civil.month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = (i64::from(civil.month) + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(civil.day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * ERA_DAYS + day_of_era - EPOCH_DAYS) * DAY_SECONDS + i64::from(civil.second_of_day)
}

/// Days of a month; 0 for what is no month.
pub(crate) fn month_days(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
