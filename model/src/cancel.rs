//! A request to stop, shared between who asks and who works. Checked at named points, never by force.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cheap to clone; all clones see the same request.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    asked: Arc<AtomicBool>,
}

impl CancelToken {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for an end. Safe to call from a signal handler's thread, any number of times.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
