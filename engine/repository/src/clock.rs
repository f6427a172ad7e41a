//! Time, as locks see it: what tests replace to let thirty minutes pass at once.

use std::time::Duration;

use jiff::Timestamp;

/// Where "now" and waiting come from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    fn sleep(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use parking_lot::Mutex;

    /// A clock that moves only when told to, or when somebody sleeps on it.
    pub(crate) struct ManualClock(Mutex<Timestamp>);

    impl ManualClock {
        pub(crate) fn starting_at(second: i64) -> Self {
            Self(Mutex::new(Timestamp::from_second(second).expect("a second within jiff's range")))
        }
        pub(crate) fn advance(&self, duration: Duration) {
            let mut now = self.0.lock();
            *now = now
                .saturating_add(jiff::SignedDuration::try_from(duration).expect("a short duration"))
                .expect("in range");
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Timestamp {
            *self.0.lock()
        }
        fn sleep(&self, duration: Duration) {
            self.advance(duration);
        }
    }
}
