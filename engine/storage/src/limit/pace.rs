//! A rate as a queue of turns, and the waiting for them.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_model::CancelToken;

use crate::wait::wait;

/// What may pass ahead of its time: short waits are not worth a sleep, and a small object need not wait for itself.
pub(super) const BURST: Duration = Duration::from_millis(100);

/// What time it is, and how to wait; a test has its own.
pub(super) trait Clock: Send + Sync {
    fn now(&self) -> Instant;
    /// Returns earlier where a stop is asked for.
    fn wait(&self, delay: Duration, cancel: &CancelToken);
}

pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, delay: Duration, cancel: &CancelToken) {
        wait(delay, cancel);
    }
}

/// A queue of turns: each takes the time that its bytes are worth, and has passed at the end of that time. So the bytes
/// that have passed since any moment are never more than the rate allows for and [`BURST`], the last turn included.
pub(super) struct Pace {
    bytes_per_second: f64,
    /// When all turns taken so far have passed.
    free_at: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(bytes_per_second: NonZeroU64) -> Self {
        Self { bytes_per_second: bytes_per_second.get() as f64, free_at: Mutex::new(None) }
    }

    /// Takes a turn. How long to wait from `now` on until its bytes have passed.
    pub(super) fn turn(&self, bytes: usize, now: Instant) -> Duration {
        // A day at most: the rate may be absurdly low, and time has to stay representable.
        let worth = Duration::from_secs_f64((bytes as f64 / self.bytes_per_second).min(86_400.0));
        let mut free_at = self.free_at.lock();
        // Idle time is not saved up: a pause must not be followed by a burst.
        let passed_at = free_at.map_or(now, |free_at| free_at.max(now)) + worth;
        *free_at = Some(passed_at);
        (passed_at - now).saturating_sub(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_waits_for_those_ahead_and_for_itself_and_idle_time_is_not_saved_up() {
        let pace = Pace::new(NonZeroU64::new(1000).unwrap());
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let seconds = |seconds: f64| Duration::from_secs_f64(seconds) - BURST;
        assert_eq!(pace.turn(2000, start), seconds(2.0), "the line was free");
        assert_eq!(pace.turn(1000, start), seconds(3.0), "2000 bytes are ahead");
        assert_eq!(pace.turn(500, after(1)), seconds(2.5), "3000 bytes are ahead, for one second already");
        assert_eq!(pace.turn(4000, after(100)), seconds(4.0), "the idle time counts for nothing");
        assert_eq!(pace.turn(0, after(101)), seconds(3.0), "nothing of its own, and 3000 bytes are ahead still");
        assert_eq!(pace.turn(50, after(200)), Duration::ZERO, "less than the burst");
        assert_eq!(pace.turn(100, after(200)), seconds(0.15), "together they are more");
        pace.turn(usize::MAX, after(200));
    }
}
