//! Spreads what is sent over time, where a limit asks for it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Shared by all connections of a session.
pub struct Pace {
    bytes_per_second: Option<u64>,
    free_at: Mutex<Option<Instant>>,
}

impl Pace {
    pub fn new(bytes_per_second: Option<u64>) -> Self {
        Self { bytes_per_second: bytes_per_second.filter(|limit| *limit > 0), free_at: Mutex::new(None) }
    }

    /// Waits until the line is free, and takes it for as long as so many bytes may take.
    pub async fn send(&self, bytes: usize) {
        if let Some(at) = self.turn(bytes, Instant::now()) {
            tokio::time::sleep_until(at).await;
        }
    }

    /// When the bytes may go; `None`: at once.
    fn turn(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let limit = self.bytes_per_second?;
        let mut free_at = self.free_at.lock();
        let at = free_at.map_or(now, |free_at| free_at.max(now));
        *free_at = Some(at + Duration::from_secs_f64(bytes as f64 / limit as f64));
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_their_turn_and_an_idle_line_saves_nothing_up() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let pace = Pace::new(Some(1000));
        assert_eq!(pace.turn(2000, now), Some(now));
        assert_eq!(pace.turn(500, now), Some(now + 2 * second));
        assert_eq!(pace.turn(500, now), Some(now + 2 * second + second / 2));
        assert_eq!(pace.turn(1, now + 60 * second), Some(now + 60 * second));
        assert_eq!(pace.turn(1000, now + 60 * second), Some(now + 60 * second + second / 1000));
        assert_eq!(Pace::new(None).turn(1 << 40, now), None);
    }
}
