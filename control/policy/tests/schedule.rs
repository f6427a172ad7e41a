//! Schedules on ordinary days, on both days on which clocks change, and those that are refused.

use jiff::Timestamp;
use rempart_model::{Missed, ScheduleSpec};
use rempart_policy::{CronField, Schedule, ScheduleError};

fn spec(cron: &str, time_zone: &str) -> ScheduleSpec {
    ScheduleSpec { cron: cron.to_owned(), time_zone: time_zone.to_owned(), missed: Missed::CatchUp }
}

/// The first `count` fire times after `after`, in UTC.
fn fires(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(&spec(cron, zone)).expect(cron);
    let after: Timestamp = after.parse().unwrap();
    schedule.after(after).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn the_next_times_are_those_of_the_zone() {
    // (pattern, zone, after, what follows)
    let cases: [(&str, &str, &str, &[&str]); 9] = [
        ("0 2 * * *", "Europe/Paris", "2026-01-10T00:00:00Z", &["2026-01-10T01:00:00Z", "2026-01-11T01:00:00Z"]),
        ("0 2 * * *", "Europe/Paris", "2026-07-10T00:00:00Z", &["2026-07-11T00:00:00Z", "2026-07-12T00:00:00Z"]),
        ("30 0 2 * * *", "UTC", "2026-01-10T02:00:00Z", &["2026-01-10T02:00:30Z", "2026-01-11T02:00:30Z"]),
        ("*/15 * * * *", "UTC", "2026-01-10T02:07:00Z", &["2026-01-10T02:15:00Z", "2026-01-10T02:30:00Z"]),
        ("0 3 * * SUN", "UTC", "2026-01-10T00:00:00Z", &["2026-01-11T03:00:00Z", "2026-01-18T03:00:00Z"]),
        ("0 3 * * 7", "UTC", "2026-01-10T00:00:00Z", &["2026-01-11T03:00:00Z"]),
        ("0 0 L * *", "UTC", "2026-01-31T12:00:00Z", &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        // A moment is not its own successor.
        ("0 2 * * *", "UTC", "2026-01-10T02:00:00Z", &["2026-01-11T02:00:00Z"]),
    ];
    for (cron, zone, after, expected) in cases {
        assert_eq!(fires(cron, zone, after, expected.len()), expected, "{cron} in {zone} after {after}");
    }
}

#[test]
fn clocks_go_forward_and_a_time_that_the_day_lacks_fires_once_after_the_gap() {
    // 29 March 2026, Paris: 02:00 becomes 03:00 (01:00Z). 8 March 2026, New York: 02:00 becomes 03:00 (07:00Z).
    assert_eq!(
        fires("30 2 * * *", "Europe/Paris", "2026-03-27T12:00:00Z", 3),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
    assert_eq!(
        fires("30 2 * * *", "America/New_York", "2026-03-06T12:00:00Z", 3),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
    // What fires every half hour goes on every half hour of real time.
    assert_eq!(
        fires("*/30 * * * *", "Europe/Paris", "2026-03-29T00:15:00Z", 4),
        ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]
    );
}

#[test]
fn clocks_go_back_and_a_time_that_comes_twice_fires_once() {
    // 25 October 2026, Paris: 03:00 becomes 02:00 (01:00Z). 1 November 2026, New York: 02:00 becomes 01:00 (06:00Z).
    assert_eq!(
        fires("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        fires("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    // What fires every half hour does so in both of the hours.
    assert_eq!(
        fires("*/30 * * * *", "America/New_York", "2026-11-01T05:15:00Z", 4),
        ["2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"]
    );
}

#[test]
fn a_daily_time_fires_once_on_each_day_of_a_year_in_zones_that_change_their_clocks() {
    for zone in ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"] {
        for cron in ["0 0 * * *", "15 1 * * *", "30 2 * * *", "0 3 * * *"] {
            let schedule = Schedule::parse(&spec(cron, zone)).unwrap();
            let from = "2026-01-01T12:00:00Z".parse::<Timestamp>().unwrap();
            let days: Vec<_> =
                schedule.after(from).take(365).map(|at| schedule.zone().to_datetime(at).date()).collect();
            let follow = days.windows(2).all(|pair| pair[0].tomorrow().ok() == Some(pair[1]));
            assert!(follow, "{cron} in {zone} skips a day or fires twice");
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let wrong = |cron: &str| Schedule::parse(&spec(cron, "UTC")).expect_err(cron);
    for cron in ["0 0 31 2 *", "0 0 30 FEB *", "0 0 31 4,6,9,11 *"] {
        assert_eq!(wrong(cron), ScheduleError::NeverFires { cron: cron.to_owned() }, "{cron}");
    }
    for (cron, field) in [
        ("60 * * * *", CronField::Minute),
        ("* 24 * * *", CronField::Hour),
        ("* * 0 * *", CronField::DayOfMonth),
        ("* * 32 * *", CronField::DayOfMonth),
        ("* * * 13 *", CronField::Month),
        ("* * * * 8", CronField::DayOfWeek),
        ("* * * * MOO", CronField::DayOfWeek),
        ("61 * * * * *", CronField::Second),
        ("*/0 * * * *", CronField::Minute),
        ("x * * * *", CronField::Minute),
        ("5-1 * * * *", CronField::Minute),
    ] {
        let error = wrong(cron);
        assert!(matches!(&error, ScheduleError::Field { field: named, .. } if *named == field), "{cron}: {error:?}");
        assert_eq!(error.member(), "cron");
    }
    for cron in ["", "* * *", "* * * * * * *", "@daily"] {
        assert!(matches!(wrong(cron), ScheduleError::Fields { .. }), "{cron}");
    }
    for zone in ["", "Europe/Nowhere", "+02:00", "CET6"] {
        let error = Schedule::parse(&spec("0 0 * * *", zone)).expect_err(zone);
        assert_eq!(error, ScheduleError::TimeZone { name: zone.to_owned() });
        assert_eq!(error.member(), "timeZone");
    }
}
