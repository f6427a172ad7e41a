//! Keeps uploads and reads under a rate.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use rempart_model::Id;

use crate::{Listed, ObjectKind, ObjectName, ObjectStore, PendingPack, Result};

/// Rates of objects' bytes, all threads together. What protocols add is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub upload_bytes_per_second: Option<NonZeroU64>,
    pub read_bytes_per_second: Option<NonZeroU64>,
}

/// Delays calls so that the average rate stays under the limit. The grain is one call: an object goes out at the speed
/// of the line once its turn has come, and the line then rests as long as the object is worth.
pub struct LimitStore {
    inner: Arc<dyn ObjectStore>,
    upload: Option<Arc<Pace>>,
    read: Option<Pace>,
}

/// A queue of turns: each takes the time that its bytes are worth.
struct Pace {
    bytes_per_second: f64,
    free_at: Mutex<Instant>,
}

impl Pace {
    fn new(bytes_per_second: NonZeroU64) -> Self {
        Self { bytes_per_second: bytes_per_second.get() as f64, free_at: Mutex::new(Instant::now()) }
    }

    /// How long to wait from `now` on before these bytes may pass.
    fn turn(&self, bytes: u64, now: Instant) -> Duration {
        // A day at most: the rate may be absurdly low, and time has to stay representable.
        let worth = Duration::from_secs_f64((bytes as f64 / self.bytes_per_second).min(86_400.0));
        let mut free_at = self.free_at.lock();
        // Idle time is not saved up: a pause must not be followed by a burst.
        let starts = (*free_at).max(now);
        *free_at = starts + worth;
        starts - now
    }

    fn wait(&self, bytes: u64) {
        let delay = self.turn(bytes, Instant::now());
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
    }
}

impl LimitStore {
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, limits: Limits) -> Self {
        Self {
            inner,
            upload: limits.upload_bytes_per_second.map(|rate| Arc::new(Pace::new(rate))),
            read: limits.read_bytes_per_second.map(Pace::new),
        }
    }

    fn before_read(&self, bytes: usize) {
        if let Some(pace) = &self.read {
            pace.wait(bytes as u64);
        }
    }
}

impl ObjectStore for LimitStore {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn create(&self) -> Result<()> {
        self.inner.create()
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.inner.list(kind)
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.inner.size(name)
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        // Its size is known afterwards only; the next reader pays for it.
        self.before_read(0);
        let bytes = self.inner.read(name)?;
        if let Some(pace) = &self.read {
            pace.turn(bytes.len() as u64, Instant::now());
        }
        Ok(bytes)
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.before_read(len_bytes);
        self.inner.read_range(name, offset_bytes, len_bytes)
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        self.before_read(buffer.len());
        self.inner.read_range_into(name, offset_bytes, buffer)
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        if let Some(pace) = &self.upload {
            pace.wait(data.len() as u64);
        }
        self.inner.write(name, data)
    }

    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        let pack = self.inner.begin_pack()?;
        Ok(match (pack, &self.upload) {
            (Some(inner), Some(pace)) => Some(Box::new(LimitedPack { inner, pace: pace.clone() })),
            (pack, _) => pack,
        })
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.inner.remove(name)
    }

    fn rereads_are_cheap(&self) -> bool {
        self.inner.rereads_are_cheap()
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        self.inner.free_bytes()
    }

    fn create_root(&self) -> Result<()> {
        self.inner.create_root()
    }

    fn capacity_bytes(&self) -> Result<Option<u64>> {
        self.inner.capacity_bytes()
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        self.inner.remove_leftovers(older_than)
    }
}

struct LimitedPack {
    inner: Box<dyn PendingPack>,
    pace: Arc<Pace>,
}

impl PendingPack for LimitedPack {
    fn append(&mut self, data: &[u8]) -> Result<()> {
        self.pace.wait(data.len() as u64);
        self.inner.append(data)
    }

    fn finish(self: Box<Self>, id: Id) -> Result<()> {
        self.inner.finish(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_each_other_at_the_rate_and_idle_time_is_not_saved_up() {
        let pace = Pace::new(NonZeroU64::new(1000).unwrap());
        let start = Instant::now() + Duration::from_secs(1);
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pace.turn(2000, start), Duration::ZERO, "the line was free");
        assert_eq!(pace.turn(1000, start), Duration::from_secs(2), "2000 bytes are ahead");
        assert_eq!(pace.turn(500, after(1)), Duration::from_secs(2), "3000 bytes are ahead, for one second already");
        assert_eq!(pace.turn(4000, after(100)), Duration::ZERO, "the line was free again");
        assert_eq!(pace.turn(1, after(100)), Duration::from_secs(4), "the idle time counts for nothing");
        pace.turn(u64::MAX, after(100));
    }
}
