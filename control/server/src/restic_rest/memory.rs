//! How much of uploads may sit in memory, over all requests.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Packs of places that take objects only whole are gathered in memory; so are the small kinds everywhere. A request waits
/// here, unread, until there is room, and its sender is slowed down by the network itself.
pub(super) struct UploadMemory(Semaphore);

const KIB: u64 = 1024;

/// Room for some packs of restic's largest size, or many of the usual one.
const LIMIT_BYTES: u64 = 512 << 20;

impl Default for UploadMemory {
    fn default() -> Self {
        Self(Semaphore::new((LIMIT_BYTES / KIB) as usize))
    }
}

impl UploadMemory {
    /// Room for so many bytes, held until the permit is dropped.
    pub async fn room_for(&self, bytes: u64) -> SemaphorePermit<'_> {
        let kib = bytes.min(LIMIT_BYTES).div_ceil(KIB) as u32;
        self.0.acquire_many(kib).await.expect("the semaphore is never closed")
    }
}
