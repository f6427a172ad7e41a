//! Spreads what is sent over time, where an order's limits ask for it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::order::PaceStep;

/// Of one direction of a session, shared by its connections.
#[derive(Debug)]
pub struct Pace {
    steps: Vec<PaceStep>,
    /// When everything has gone that was let go so far, on the caller's clock.
    free_at: Duration,
}

impl Pace {
    /// `steps` in the order of their moments.
    #[must_use]
    pub const fn new(steps: Vec<PaceStep>) -> Self {
        Self { steps, free_at: Duration::ZERO }
    }

    /// How long so many bytes wait for their turn, from now on; the line is theirs from then until they have gone. `now`: of
    /// a monotonic clock; `clock`: the same moment by the calendar, which limits are bound to. A line that was idle saves
    /// nothing up.
    pub fn turn(&mut self, bytes: usize, now: Duration, clock: Timestamp) -> Duration {
        let begins = self.free_at.max(now);
        let wait = begins.saturating_sub(now);
        let clock = SignedDuration::try_from(wait)
            .map_or(Timestamp::MAX, |wait| clock.saturating_add(wait).unwrap_or(Timestamp::MAX));
        self.free_at = begins.saturating_add(self.takes(bytes, clock));
        wait
    }

    /// How long the bytes are on the line, over all changes of the limit.
    fn takes(&self, bytes: usize, from: Timestamp) -> Duration {
        let (mut left, mut taken, mut at) = (bytes as f64, Duration::ZERO, from);
        let mut next = self.steps.partition_point(|step| step.from <= at);
        loop {
            let rate = next.checked_sub(1).and_then(|current| self.steps[current].bytes_per_second);
            let Some(rate) = rate.filter(|rate| *rate > 0) else { return taken };
            let needs = Duration::try_from_secs_f64(left / rate as f64).unwrap_or(Duration::MAX);
            let Some(change) = self.steps.get(next).map(|step| step.from) else { return taken.saturating_add(needs) };
            let until = Duration::try_from(change.duration_since(at)).unwrap_or(Duration::ZERO);
            if needs <= until {
                return taken.saturating_add(needs);
            }
            left -= until.as_secs_f64() * rate as f64;
            (taken, at, next) = (taken.saturating_add(until), change, next + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn clock(seconds: u64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds.cast_signed()).unwrap()
    }

    /// Changes at seconds.
    fn pace(steps: &[(u64, Option<u64>)]) -> Pace {
        let step = |(at, bytes_per_second): &(u64, Option<u64>)| PaceStep {
            from: clock(*at),
            bytes_per_second: *bytes_per_second,
        };
        Pace::new(steps.iter().map(step).collect())
    }

    #[test]
    fn bytes_wait_their_turn_and_an_idle_line_saves_nothing_up() {
        let mut pace = pace(&[(0, Some(1000))]);
        let mut turn = |bytes, at| pace.turn(bytes, s(at), clock(at));
        assert_eq!(turn(2000, 5), s(0));
        assert_eq!(turn(500, 5), s(2));
        assert_eq!(turn(500, 5), s(2) + s(1) / 2);
        assert_eq!(turn(1000, 7), s(1));
        assert_eq!(turn(1, 60), s(0));
        assert_eq!(turn(1, 60), s(1) / 1000);
    }

    #[test]
    fn limits_change_in_the_middle_of_what_is_sent() {
        // A thousand a second, from the tenth second on a hundred, from the twentieth on none.
        let steps = [(0, Some(1000)), (10, Some(100)), (20, None)];
        let mut slow = pace(&steps);
        assert_eq!(slow.turn(2500, s(8), clock(8)), s(0), "2000 in two seconds, 500 in five");
        assert_eq!(slow.turn(500, s(8), clock(8)), s(7));
        assert_eq!(slow.turn(1, s(8), clock(8)), s(12), "the whole rest, when the limit ends");
        assert_eq!(slow.turn(1 << 40, s(8), clock(8)), s(12));
        // Before the first change, and without any, nothing waits.
        let mut early = pace(&[(30, Some(1))]);
        assert_eq!((early.turn(1 << 30, s(1), clock(1)), early.turn(1, s(1), clock(1))), (s(0), s(0)));
        let mut free = pace(&[]);
        assert_eq!((free.turn(usize::MAX, s(1), clock(1)), free.turn(1, s(1), clock(1))), (s(0), s(0)));
    }
}
