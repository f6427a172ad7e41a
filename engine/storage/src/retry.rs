//! Tries again where trying again can help.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rempart_model::CancelToken;

use crate::wait::wait;
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, PendingPack, ReadAdvice, Result, StorageError};

/// How patiently. The delay doubles from `first_delay` up to `longest_delay`, and each is shortened at random by up to a
/// half, so that many clients of one server that was away do not return at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    pub first_delay: Duration,
    pub longest_delay: Duration,
    /// Tries of one operation, the first included, at a place that has answered before.
    pub tries: u32,
    /// Tries while the place has never answered: more likely a wrong address than a bad moment, and somebody waits for
    /// the message.
    pub tries_before_first_answer: u32,
}

impl Default for RetryPolicy {
    /// Some ten minutes at a place that has answered, a second otherwise.
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(60),
            tries: 18,
            tries_before_first_answer: 2,
        }
    }
}

impl RetryPolicy {
    /// For places where a failure is final, and for tests that count calls.
    #[must_use]
    pub const fn never() -> Self {
        Self { first_delay: Duration::ZERO, longest_delay: Duration::ZERO, tries: 1, tries_before_first_answer: 1 }
    }

    /// The longest delay after so many failed tries (1 = after the first).
    fn delay(&self, failed_tries: u32) -> Duration {
        let factor = 1u32.checked_shl(failed_tries.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_delay.saturating_mul(factor).min(self.longest_delay)
    }
}

/// Waits, unless it is canceled; a test puts its own clock here.
type Sleep = Arc<dyn Fn(Duration, &CancelToken) + Send + Sync>;

/// Repeats what failed for a reason that passes: the network, a time-out. Canceled, it tries nothing a second time, and a
/// wait for the next try ends at once.
#[derive(Clone)]
pub struct RetryStore {
    inner: Arc<dyn ObjectStore>,
    policy: RetryPolicy,
    sleep: Sleep,
    has_answered: Arc<AtomicBool>,
    cancel: CancelToken,
}

/// Whether the same call may succeed a moment later. The match is exhaustive on purpose.
const fn passes(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Network | ErrorKind::Timeout => true,
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Full
        | ErrorKind::Denied
        | ErrorKind::ReadOnly
        | ErrorKind::Damaged
        | ErrorKind::Unsupported
        | ErrorKind::Other => false,
    }
}

impl RetryStore {
    #[must_use]
    pub fn new(inner: Arc<dyn ObjectStore>, policy: RetryPolicy) -> Self {
        Self::with(inner, policy, Arc::new(wait))
    }

    /// With another way to wait, for tests.
    #[must_use]
    pub fn with_sleep(
        inner: Arc<dyn ObjectStore>,
        policy: RetryPolicy,
        sleep: impl Fn(Duration) + Send + Sync + 'static,
    ) -> Self {
        Self::with(inner, policy, Arc::new(move |delay, _: &CancelToken| sleep(delay)))
    }

    fn with(inner: Arc<dyn ObjectStore>, policy: RetryPolicy, sleep: Sleep) -> Self {
        Self { inner, policy, sleep, has_answered: Arc::default(), cancel: CancelToken::new() }
    }

    /// Calls until it succeeds, fails for good, or the tries are used up. The call is told how many tries failed before.
    fn repeat<T>(&self, mut call: impl FnMut(u32) -> Result<T>) -> Result<T> {
        let mut failed_tries = 0;
        loop {
            let error = match call(failed_tries) {
                Err(error) if passes(error.kind) => error,
                outcome => {
                    self.has_answered.store(true, Ordering::Relaxed);
                    return outcome;
                }
            };
            failed_tries += 1;
            let tries = match self.has_answered.load(Ordering::Relaxed) {
                true => self.policy.tries,
                false => self.policy.tries_before_first_answer,
            };
            if failed_tries >= tries {
                return Err(match failed_tries {
                    1 => error,
                    _ => gave_up(error, format!("given up after {failed_tries} tries")),
                });
            }
            if !self.cancel.is_canceled() {
                let delay = shortened(self.policy.delay(failed_tries));
                tracing::warn!(error = error.chain(), ?delay, failed_tries, "trying again");
                (self.sleep)(delay, &self.cancel);
            }
            if self.cancel.is_canceled() {
                return Err(gave_up(error, "not tried again, as the work was canceled".to_owned()));
            }
        }
    }
}

fn gave_up(error: StorageError, told: String) -> StorageError {
    #[derive(Debug, thiserror::Error)]
    #[error("{told}")]
    struct GaveUp {
        told: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    }
    StorageError { source: Box::new(GaveUp { told, source: error.source }), ..error }
}

/// Between half of the delay and all of it.
fn shortened(delay: Duration) -> Duration {
    // Without a random number the delay is only less friendly to the server.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    delay.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

impl ObjectStore for RetryStore {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn create(&self) -> Result<()> {
        self.repeat(|_| self.inner.create())
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.repeat(|_| self.inner.list(kind))
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.repeat(|_| self.inner.size(name))
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        self.repeat(|_| self.inner.read(name))
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.repeat(|_| self.inner.read_range(name, offset_bytes, len_bytes))
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        self.repeat(|_| self.inner.read_range_into(name, offset_bytes, buffer))
    }

    /// A write whose response was lost has stored the object; the repetition then finds the same content, which every
    /// store takes for success.
    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        self.repeat(|_| self.inner.write(name, data.clone()))
    }

    /// Not repeated beyond its beginning: appended bytes are gone, and only the caller can say them again.
    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> {
        self.repeat(|_| self.inner.begin_pack())
    }

    fn sync(&self) -> Result<()> {
        self.repeat(|_| self.inner.sync())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.repeat(|failed_tries| match self.inner.remove(name) {
            // The response was lost, the removal was not.
            Err(error) if failed_tries > 0 && error.is_not_found() => Ok(()),
            outcome => outcome,
        })
    }

    fn advise(&self, name: ObjectName, advice: ReadAdvice) {
        self.inner.advise(name, advice);
    }

    fn rereads_are_cheap(&self) -> bool {
        self.inner.rereads_are_cheap()
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        self.repeat(|_| self.inner.free_bytes())
    }

    fn create_root(&self) -> Result<()> {
        self.repeat(|_| self.inner.create_root())
    }

    fn capacity_bytes(&self) -> Result<Option<u64>> {
        self.repeat(|_| self.inner.capacity_bytes())
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        self.repeat(|_| self.inner.remove_leftovers(older_than))
    }

    fn canceled_by(&self, cancel: &CancelToken) -> Option<Arc<dyn ObjectStore>> {
        let inner = self.inner.canceled_by(cancel).unwrap_or_else(|| Arc::clone(&self.inner));
        Some(Arc::new(Self { inner, cancel: cancel.clone(), ..self.clone() }))
    }
}
