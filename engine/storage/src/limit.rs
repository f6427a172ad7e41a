//! Keeps uploads and reads under a rate.

mod pace;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rempart_model::{CancelToken, Id};

use crate::{Listed, ObjectKind, ObjectName, ObjectStore, PendingPack, ReadAdvice, Result};
use pace::{Clock, Pace, SystemClock};

/// Rates of objects' bytes, all threads together. What protocols add is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub upload_bytes_per_second: Option<NonZeroU64>,
    pub read_bytes_per_second: Option<NonZeroU64>,
}

/// Delays calls so that the rate is kept from the first byte to the last: a call returns when its bytes would have passed
/// a line of that rate, the last call of a run too. The grain is one call: what is sent waits first and then goes out at
/// the speed of the line.
///
/// Lock files are counted and not held back: a holder who cannot renew its lock behind a queue of packs looks dead. After a
/// cancel nothing is held back any more.
#[derive(Clone)]
pub struct LimitStore {
    inner: Arc<dyn ObjectStore>,
    upload: Line,
    read: Line,
}

/// One direction.
#[derive(Clone)]
struct Line {
    /// `None`: without a limit.
    pace: Option<Arc<Pace>>,
    clock: Arc<dyn Clock>,
    cancel: CancelToken,
}

impl Line {
    /// Returns when so many bytes have passed.
    fn pass(&self, bytes: usize) {
        if let Some(pace) = &self.pace {
            let delay = pace.turn(bytes, self.clock.now());
            if !delay.is_zero() {
                self.clock.wait(delay, &self.cancel);
            }
        }
    }

    fn pass_of(&self, name: ObjectName, bytes: usize) {
        match (name.kind(), &self.pace) {
            (Some(ObjectKind::Lock), Some(pace)) => _ = pace.turn(bytes, self.clock.now()),
            _ => self.pass(bytes),
        }
    }
}

impl LimitStore {
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, limits: Limits) -> Self {
        Self::with_clock(inner, limits, Arc::new(SystemClock))
    }

    fn with_clock(inner: Arc<dyn ObjectStore>, limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let line = |rate: Option<NonZeroU64>| Line {
            pace: rate.map(|rate| Arc::new(Pace::new(rate))),
            clock: Arc::clone(&clock),
            cancel: CancelToken::new(),
        };
        Self { inner, upload: line(limits.upload_bytes_per_second), read: line(limits.read_bytes_per_second) }
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
        // Its length is known only afterwards: it comes once the line is free, and is handed on when it has passed.
        self.read.pass_of(name, 0);
        let bytes = self.inner.read(name)?;
        self.read.pass_of(name, bytes.len());
        Ok(bytes)
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.read.pass_of(name, len_bytes);
        self.inner.read_range(name, offset_bytes, len_bytes)
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        self.read.pass_of(name, buffer.len());
        self.inner.read_range_into(name, offset_bytes, buffer)
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        self.upload.pass_of(name, data.len());
        self.inner.write(name, data)
    }

    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        let pack = self.inner.begin_pack()?;
        Ok(pack.map(|inner| Box::new(LimitedPack { inner, line: self.upload.clone() }) as Box<dyn PendingPack>))
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.inner.remove(name)
    }

    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        // What is fetched ahead would come without its turn.
        if self.read.pace.is_none() || advice != ReadAdvice::Soon {
            self.inner.advise(name, advice);
        }
    }

    fn rereads_are_cheap(&self) -> bool {
        // Each reading of the same bytes is counted.
        self.read.pace.is_none() && self.inner.rereads_are_cheap()
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

    fn canceled_by(&self, cancel: &CancelToken) -> Option<Arc<dyn ObjectStore>> {
        let inner = self.inner.canceled_by(cancel).unwrap_or_else(|| Arc::clone(&self.inner));
        let line = |line: &Line| Line { cancel: cancel.clone(), ..line.clone() };
        Some(Arc::new(Self { inner, upload: line(&self.upload), read: line(&self.read) }))
    }
}

struct LimitedPack {
    inner: Box<dyn PendingPack>,
    line: Line,
}

impl PendingPack for LimitedPack {
    fn append(&mut self, data: &[u8]) -> Result<()> {
        self.line.pass(data.len());
        self.inner.append(data)
    }

    fn finish(self: Box<Self>, id: Id) -> Result<()> {
        self.inner.finish(id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use parking_lot::Mutex;

    use super::*;
    use crate::{CrashStore, LocalStore};

    /// Time that passes only by waiting.
    struct Paused(Mutex<Instant>);

    impl Clock for Paused {
        fn now(&self) -> Instant {
            *self.0.lock()
        }

        fn wait(&self, delay: Duration, cancel: &CancelToken) {
            if !cancel.is_canceled() {
                *self.0.lock() += delay;
            }
        }
    }

    const RATE: usize = 1000;
    const PACK: ObjectName = ObjectName::Named(ObjectKind::Pack, Id::new([1; 32]));

    fn limited(inner: impl ObjectStore + 'static) -> (LimitStore, impl Fn() -> f64) {
        let start = Instant::now();
        let clock = Arc::new(Paused(Mutex::new(start)));
        let rate = NonZeroU64::new(RATE as u64);
        let limits = Limits { upload_bytes_per_second: rate, read_bytes_per_second: rate };
        let store = LimitStore::with_clock(Arc::new(inner), limits, Arc::clone(&clock) as Arc<dyn Clock>);
        (store, move || (clock.now() - start).as_secs_f64())
    }

    /// What `bytes` take: no less than the rate allows for, but for the burst, and no more.
    fn assert_took(seconds: f64, bytes: usize, what: &str) {
        let due = bytes as f64 / RATE as f64;
        let burst = pace::BURST.as_secs_f64();
        assert!((due - burst - 1e-6..=due + 1e-6).contains(&seconds), "{what}: {seconds} s, {due} s are due");
    }

    #[test]
    fn every_way_to_move_bytes_takes_its_time_the_last_object_included() {
        for count in [1, 2, 5] {
            let each = |what: &str, act: &dyn Fn(&LimitStore)| {
                let memory = CrashStore::new();
                memory.write(PACK, vec![7; 4000].into()).unwrap();
                let (store, elapsed) = limited(memory);
                (0..count).for_each(|_| act(&store));
                assert_took(elapsed(), count * 4000, &format!("{count} times {what}"));
            };
            each("read", &|store| _ = store.read(PACK).unwrap());
            each("read a range", &|store| _ = store.read_range(PACK, 0, 4000).unwrap());
            each("read a range into a buffer", &|store| store.read_range_into(PACK, 0, &mut [0; 4000]).unwrap());
            each("write", &|store| store.write(PACK, vec![7; 4000].into()).unwrap());
        }
    }

    #[test]
    fn a_pack_in_parts_takes_its_time() {
        let root = tempfile::tempdir().unwrap();
        let (store, elapsed) = limited(LocalStore::new(root.path()));
        store.create().unwrap();
        let mut pack = store.begin_pack().unwrap().expect("the local store takes packs in parts");
        (0..8).for_each(|_| pack.append(&[1; 500]).unwrap());
        assert_took(elapsed(), 4000, "a pack of eight parts");
    }

    #[test]
    fn locks_and_the_canceled_wait_for_nothing() {
        let lock = ObjectName::Named(ObjectKind::Lock, Id::new([2; 32]));
        let (store, elapsed) = limited(CrashStore::new());
        store.write(lock, vec![1; 300].into()).unwrap();
        assert_eq!(elapsed(), 0.0, "a lock was held back");
        store.write(PACK, vec![1; 700].into()).unwrap();
        assert_took(elapsed(), 1000, "a lock's bytes are counted");
        let cancel = CancelToken::new();
        let store = store.canceled_by(&cancel).expect("the limiter can be canceled");
        cancel.cancel();
        let before = elapsed();
        store.read(PACK).unwrap();
        assert_eq!(elapsed(), before, "canceled, and held back");
    }
}
