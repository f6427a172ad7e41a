//! For tests of this room and of those above it: a clock that stands still, and the suite that every store passes.

mod conformance;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

pub use conformance::{StoreUnderTest, conformance};

use crate::{BoxFuture, Clock};

/// A clock that goes on only when it is told to.
#[derive(Clone)]
pub struct FakeClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl FakeClock {
    /// # Panics
    /// When `start` is no moment such as `2026-01-01T00:00:00Z`.
    #[must_use]
    pub fn at(start: &str) -> Self {
        Self { now: Arc::new(watch::Sender::new(start.parse().expect(start))) }
    }

    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now += by);
    }

    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            let _ = now.wait_for(|now| *now >= until).await;
        })
    }
}
