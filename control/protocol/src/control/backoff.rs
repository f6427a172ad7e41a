//! When an agent that lost its server tries again.

use std::time::Duration;

/// Waits between attempts: doubled each time, up to a bound, and spread so that a thousand agents do not come back in the
/// same second after a restart of their server.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub const FIRST: Duration = Duration::from_secs(1);
    /// An agent is back at most this long after its server is.
    pub const LONGEST: Duration = Duration::from_secs(60);

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The wait before the next attempt: between half and all of the bound. `random`: any number, each as likely.
    pub fn next_wait(&mut self, random: u32) -> Duration {
        let bound = Self::FIRST.saturating_mul(1 << self.failures.min(16)).min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        bound / 2 + (bound / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// The agent was let in.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_are_spread_over_their_second_half() {
        let mut backoff = Backoff::new();
        let longest: Vec<u64> = (0..9).map(|_| backoff.next_wait(u32::MAX).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.next_wait(0), Duration::from_secs(30));
        backoff.succeeded();
        assert_eq!(backoff.next_wait(0), Duration::from_millis(500));
    }
}
