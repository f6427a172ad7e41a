//! Time as the queue sees it: the system's, or a test's.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

/// A future that a trait object gives out.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the time is, and how to wait.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
    /// Ends when `now` has reached `until`.
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()> {
        let left = Duration::try_from(until.duration_since(self.now())).unwrap_or(Duration::ZERO);
        Box::pin(tokio::time::sleep(left))
    }
}

/// `from` and then `wait`; the last moment there is where that lies beyond.
pub(crate) fn later(from: Timestamp, wait: Duration) -> Timestamp {
    from.checked_add(wait).unwrap_or(Timestamp::MAX)
}
