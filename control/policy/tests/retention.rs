//! Retention against histories whose outcome is known, and against properties that hold for all of them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use rempart_policy::{Decision, Facts, Keep, Period, PolicyError, Reason, RetentionPolicy, Within, retain};

fn numbered(number: usize, time: Timestamp) -> Facts {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Facts::new(id, &time.to_string())
}

/// One snapshot at noon UTC on each of `days` days, the newest on 31 December 2026.
fn daily_history(days: i64) -> Vec<Facts> {
    let newest: Timestamp = "2026-12-31T12:00:00Z".parse().unwrap();
    (0..days).map(|day| numbered(day as usize, newest - (day * 24).hours())).collect()
}

fn kept(policy: &RetentionPolicy, history: &[Facts]) -> Vec<String> {
    let decisions = retain(policy, history, &TimeZone::UTC).unwrap();
    let date = |decision: &Decision| {
        let facts = history.iter().find(|facts| facts.id == decision.id).expect("a decision about a given snapshot");
        facts.time.to_zoned(TimeZone::UTC).date().to_string()
    };
    decisions.iter().filter(|decision| decision.is_kept()).map(date).collect()
}

#[test]
fn each_rule_alone_keeps_the_newest_of_its_periods() {
    let policy = RetentionPolicy::default;
    let count = Keep::Count;
    let cases = [
        (RetentionPolicy { last: count(2), ..policy() }, vec!["2026-12-31", "2026-12-30"]),
        (RetentionPolicy { daily: count(3), ..policy() }, vec!["2026-12-31", "2026-12-30", "2026-12-29"]),
        (RetentionPolicy { weekly: count(3), ..policy() }, vec!["2026-12-31", "2026-12-27", "2026-12-20"]),
        (RetentionPolicy { monthly: count(3), ..policy() }, vec!["2026-12-31", "2026-11-30", "2026-10-31"]),
        (RetentionPolicy { quarterly: count(3), ..policy() }, vec!["2026-12-31", "2026-09-30", "2026-06-30"]),
        // 400 days reach back to 27 November 2025: two years have a newest, and the third place goes to the oldest.
        (RetentionPolicy { yearly: count(3), ..policy() }, vec!["2026-12-31", "2025-12-31", "2025-11-27"]),
        (RetentionPolicy { within: Some("2d".parse().unwrap()), ..policy() }, vec!["2026-12-31", "2026-12-30"]),
        (
            RetentionPolicy { within_each: vec![(Period::Monthly, "3m".parse().unwrap())], ..policy() },
            vec!["2026-12-31", "2026-11-30", "2026-10-31"],
        ),
    ];
    let history = daily_history(400);
    for (policy, expected) in cases {
        assert_eq!(kept(&policy, &history), expected, "{policy:?}");
    }
}

#[test]
fn rules_add_up_and_every_reason_is_told() {
    let policy =
        RetentionPolicy { last: Keep::Count(1), daily: Keep::Count(2), yearly: Keep::All, ..Default::default() };
    let decisions = retain(&policy, &daily_history(3), &TimeZone::UTC).unwrap();
    let told: Vec<Vec<String>> =
        decisions.iter().map(|decision| decision.reasons.iter().map(Reason::to_string).collect()).collect();
    assert_eq!(
        told,
        [
            vec!["last snapshot", "daily snapshot", "yearly snapshot"],
            vec!["daily snapshot"],
            vec!["oldest yearly snapshot"]
        ]
    );
}

#[test]
fn days_begin_where_the_zone_says() {
    // 23:30 and 00:30 in Paris: two days there, one day in UTC.
    let history = [Facts::new([1; 32], "2026-06-01T21:30:00Z"), Facts::new([2; 32], "2026-06-01T22:30:00Z")];
    let policy = RetentionPolicy { daily: Keep::Count(1), ..Default::default() };
    let count = |zone: &TimeZone, keep| {
        let policy = RetentionPolicy { daily: keep, ..policy.clone() };
        retain(&policy, &history, zone).unwrap().iter().filter(|decision| decision.is_kept()).count()
    };
    let paris = TimeZone::get("Europe/Paris").unwrap();
    assert_eq!((count(&TimeZone::UTC, Keep::Count(1)), count(&paris, Keep::Count(1))), (1, 1));
    let newer = retain(&RetentionPolicy { daily: Keep::Count(2), ..policy.clone() }, &history, &paris).unwrap();
    assert_eq!(newer[1].reasons, [Reason::Period(Period::Daily)]);
    let newer = retain(&RetentionPolicy { daily: Keep::Count(2), ..policy }, &history, &TimeZone::UTC).unwrap();
    assert_eq!(newer[1].reasons, [Reason::OldestOf(Period::Daily)]);
}

#[test]
fn a_tag_list_keeps_those_that_have_all_of_it() {
    let history = [
        Facts::new([1; 32], "2026-01-03T00:00:00Z").tagged(&["release"]),
        Facts::new([2; 32], "2026-01-02T00:00:00Z").tagged(&["release", "signed"]),
        Facts::new([3; 32], "2026-01-01T00:00:00Z").tagged(&["legal"]),
    ];
    let lists = vec![vec!["release".to_owned(), "signed".to_owned()], vec!["legal".to_owned()]];
    let policy = RetentionPolicy { tags: lists, ..Default::default() };
    assert_eq!(kept(&policy, &history), ["2026-01-02", "2026-01-01"]);
}

#[test]
fn a_policy_without_a_rule_is_refused() {
    for policy in [
        RetentionPolicy::default(),
        RetentionPolicy { last: Keep::Count(0), within: Some(Within::default()), ..Default::default() },
    ] {
        assert_eq!(retain(&policy, &daily_history(3), &TimeZone::UTC), Err(PolicyError::KeepsNothing), "{policy:?}");
    }
}

fn any_keep() -> impl Strategy<Value = Keep> {
    prop_oneof![3 => Just(Keep::None), 3 => (0u32..6).prop_map(Keep::Count), 1 => Just(Keep::All)]
}

prop_compose! {
    fn any_policy()(
        last in any_keep(), hourly in any_keep(), daily in any_keep(), weekly in any_keep(),
        monthly in any_keep(), quarterly in any_keep(), yearly in any_keep(),
        within in proptest::option::of(0u16..60),
    ) -> RetentionPolicy {
        let within = within.map(|days| Within { days, ..Within::default() });
        RetentionPolicy { last, hourly, daily, weekly, monthly, quarterly, yearly, within, ..Default::default() }
    }
}

proptest! {
    #[test]
    fn decisions_hold_for_any_history(
        policy in any_policy(),
        mut hours in proptest::collection::vec(0i64..20_000, 1..60),
        seed in any::<u64>(),
    ) {
        prop_assume!(!policy.is_empty());
        let start: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        let history: Vec<Facts> = hours.iter().enumerate().map(|(n, &h)| numbered(n, start + h.hours())).collect();
        let decisions = retain(&policy, &history, &TimeZone::UTC).unwrap();

        // One decision each, newest first, and the newest is always kept.
        prop_assert_eq!(decisions.len(), history.len());
        prop_assert!(decisions[0].is_kept());

        // The order of the input does not matter.
        let mut shuffled = history.clone();
        let len = shuffled.len();
        for i in 0..len {
            let j = (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i as u64) >> 33) as usize % len;
            shuffled.swap(i, j);
        }
        prop_assert_eq!(&retain(&policy, &shuffled, &TimeZone::UTC).unwrap(), &decisions);

        // No rule keeps more than its count.
        hours.sort_unstable();
        for (keep, matches) in [(policy.last, Reason::Last), (policy.daily, Reason::Period(Period::Daily))] {
            if let Keep::Count(count) = keep {
                let used = decisions.iter().filter(|d| d.reasons.contains(&matches)).count();
                prop_assert!(used <= count as usize, "{:?} kept {} of {}", matches, used, count);
            }
        }

        // Applying the policy again to what it kept forgets nothing more.
        let survivors: Vec<Facts> =
            history.iter().filter(|f| decisions.iter().any(|d| d.id == f.id && d.is_kept())).cloned().collect();
        let again = retain(&policy, &survivors, &TimeZone::UTC).unwrap();
        prop_assert!(again.iter().all(Decision::is_kept), "a second run would forget more");
    }
}
