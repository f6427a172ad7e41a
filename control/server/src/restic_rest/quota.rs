//! How much a repository holds, counted while clients write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_storage::{ObjectKind, ObjectName, ObjectStore};

use super::answer::Refusal;

/// Others write and prune too (jobs of this server, other processes), so the count is made anew after this time.
const RECOUNT_AFTER: Duration = Duration::from_secs(600);

/// The bytes in a repository: listed once, then counted along. Only asked for where a client has a quota.
#[derive(Default)]
pub(super) struct Usage {
    counted: Mutex<Option<Counted>>,
}

struct Counted {
    used_bytes: u64,
    at: Instant,
}

impl Usage {
    /// Counts anew where that was never done, or long ago. Blocks.
    pub fn count(&self, store: &dyn ObjectStore) -> Result<(), Refusal> {
        if self.counted.lock().as_ref().is_some_and(|counted| counted.at.elapsed() < RECOUNT_AFTER) {
            return Ok(());
        }
        let mut used_bytes = 0;
        for kind in ObjectKind::ALL.into_iter().filter(|kind| *kind != ObjectKind::Lock) {
            used_bytes += store.list(kind)?.iter().map(|listed| listed.size_bytes).sum::<u64>();
        }
        *self.counted.lock() = Some(Counted { used_bytes, at: Instant::now() });
        Ok(())
    }

    /// Sets bytes aside for an upload before they come, so that several at once do not pass the limit together.
    pub fn reserve(self: &Arc<Self>, quota_bytes: u64, bytes: u64) -> Result<Reserved, Refusal> {
        if let Some(counted) = &mut *self.counted.lock() {
            let after = counted.used_bytes.saturating_add(bytes);
            if after > quota_bytes {
                return Err(Refusal::QuotaExceeded { quota_bytes });
            }
            counted.used_bytes = after;
        }
        Ok(Reserved { usage: self.clone(), bytes })
    }

    fn subtract(&self, bytes: u64) {
        if let Some(counted) = &mut *self.counted.lock() {
            counted.used_bytes = counted.used_bytes.saturating_sub(bytes);
        }
    }

    /// An object was removed.
    pub fn removed(&self, name: ObjectName, size_bytes: u64) {
        if name.kind() != Some(ObjectKind::Lock) {
            self.subtract(size_bytes);
        }
    }
}

/// Bytes set aside; given back when dropped, unless the upload stayed.
pub(super) struct Reserved {
    usage: Arc<Usage>,
    bytes: u64,
}

impl Reserved {
    /// More came than was announced.
    pub fn grow(&mut self, quota_bytes: u64, bytes: u64) -> Result<(), Refusal> {
        let mut more = self.usage.reserve(quota_bytes, bytes)?;
        self.bytes += std::mem::take(&mut more.bytes);
        Ok(())
    }

    /// The upload is part of the repository now.
    pub fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.usage.subtract(self.bytes);
    }
}
