//! Is a plan's data protected, as its schedule promises?

use jiff::{SignedDuration, Timestamp};

/// A run that has not begun so long after its time is overdue. Longer than a restart of the server takes, and than most
/// waits in the queue.
pub const GRACE: SignedDuration = SignedDuration::from_mins(15);

/// The answer, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// Somebody switched the plan off.
    Paused,
    /// The newest recovery point is whole, and as young as the schedule asks.
    Protected,
    /// The last run left something out.
    Warning,
    /// No run has ended yet.
    Never,
    /// A run should have happened and did not.
    Overdue,
    /// The last run failed.
    Failed,
}

/// How the last run that is over ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastRun {
    Succeeded,
    Warning,
    Failed,
    Canceled,
    /// Its time passed while no server ran.
    Missed,
}

/// What there is to know of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtectionFacts {
    pub enabled: bool,
    /// The next time of its schedule that was not yet turned into a run.
    pub next_fire_at: Option<Timestamp>,
    /// Since when a run of it waits in the queue, where one does.
    pub queued_since: Option<Timestamp>,
    /// One is at work now.
    pub running: bool,
    pub last_run: Option<LastRun>,
}

/// The state of one plan.
#[must_use]
pub fn protection(facts: &ProtectionFacts, now: Timestamp) -> Protection {
    if !facts.enabled {
        return Protection::Paused;
    }
    let late = |since: Option<Timestamp>| since.is_some_and(|since| now.duration_since(since) > GRACE);
    let overdue = !facts.running && (late(facts.next_fire_at) || late(facts.queued_since));
    match facts.last_run {
        Some(LastRun::Failed) => Protection::Failed,
        _ if overdue => Protection::Overdue,
        // The recovery point that was due is not there, whoever decided so.
        Some(LastRun::Missed | LastRun::Canceled) => Protection::Overdue,
        None => Protection::Never,
        Some(LastRun::Warning) => Protection::Warning,
        Some(LastRun::Succeeded) => Protection::Protected,
    }
}

/// The one answer over all plans: the worst. Plans that are switched off count only where all are.
#[must_use]
pub fn worst(states: impl IntoIterator<Item = Protection>) -> Option<Protection> {
    states.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_state_of_a_plan_follows_from_its_last_run_and_its_schedule() {
        let now = at("2026-03-29T12:00:00Z");
        let fine = ProtectionFacts {
            enabled: true,
            next_fire_at: Some(at("2026-03-30T02:00:00Z")),
            queued_since: None,
            running: false,
            last_run: Some(LastRun::Succeeded),
        };
        let long_ago = Some(at("2026-03-29T11:44:59Z"));
        let just_now = Some(at("2026-03-29T11:46:00Z"));
        let last = |last_run| ProtectionFacts { last_run, ..fine };
        for (name, facts, expected) in [
            ("fine", fine, Protection::Protected),
            ("off", ProtectionFacts { enabled: false, ..last(Some(LastRun::Failed)) }, Protection::Paused),
            ("new", last(None), Protection::Never),
            ("incomplete", last(Some(LastRun::Warning)), Protection::Warning),
            ("failed", last(Some(LastRun::Failed)), Protection::Failed),
            ("canceled", last(Some(LastRun::Canceled)), Protection::Overdue),
            ("missed", last(Some(LastRun::Missed)), Protection::Overdue),
            ("did not fire", ProtectionFacts { next_fire_at: long_ago, ..fine }, Protection::Overdue),
            ("never fired", ProtectionFacts { next_fire_at: long_ago, last_run: None, ..fine }, Protection::Overdue),
            ("about to fire", ProtectionFacts { next_fire_at: just_now, ..fine }, Protection::Protected),
            ("stuck in the queue", ProtectionFacts { queued_since: long_ago, ..fine }, Protection::Overdue),
            ("in the queue", ProtectionFacts { queued_since: just_now, ..fine }, Protection::Protected),
            (
                "late but at work",
                ProtectionFacts { queued_since: long_ago, running: true, ..fine },
                Protection::Protected,
            ),
            ("by hand only", ProtectionFacts { next_fire_at: None, ..fine }, Protection::Protected),
            (
                "failed and late",
                ProtectionFacts { next_fire_at: long_ago, ..last(Some(LastRun::Failed)) },
                Protection::Failed,
            ),
        ] {
            assert_eq!(protection(&facts, now), expected, "{name}");
        }
    }

    #[test]
    fn the_worst_plan_decides_and_paused_ones_do_not_count() {
        use Protection::{Failed, Never, Overdue, Paused, Protected, Warning};
        assert_eq!(worst([]), None);
        assert_eq!(worst([Paused, Paused]), Some(Paused));
        assert_eq!(worst([Paused, Protected]), Some(Protected));
        assert_eq!(worst([Warning, Protected, Never]), Some(Never));
        assert_eq!(worst([Overdue, Failed, Warning]), Some(Failed));
    }
}
