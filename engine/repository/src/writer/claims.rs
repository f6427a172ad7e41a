//! Who stores what: ids that were promised to a caller and are not in the index yet.

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashSet;
use parking_lot::Mutex;
use rempart_format::BlobKind;
use rempart_model::BlobId;

/// Many locks, so that threads rarely meet.
const SHARDS: usize = 64;

/// Ids are hashes already: eight of their bytes do.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        // The first call brings the length of the array, the second the id, whose first byte chose the shard.
        if let Some((head, _)) = bytes.get(8..).and_then(<[u8]>::split_first_chunk::<8>) {
            self.0 = u64::from_le_bytes(*head);
        }
    }
    fn write_usize(&mut self, _: usize) {}
}

type IdSet = HashSet<[u8; 32], BuildHasherDefault<IdHasher>>;

/// The claims of one writer, and how many of them were met.
pub(super) struct Claims {
    shards: [[Mutex<IdSet>; SHARDS]; 2],
    claimed: AtomicU64,
    stored: AtomicU64,
}

impl Claims {
    pub(super) fn new() -> Self {
        let shards = std::array::from_fn(|_| std::array::from_fn(|_| Mutex::new(IdSet::default())));
        Self { shards, claimed: AtomicU64::new(0), stored: AtomicU64::new(0) }
    }

    fn shard(&self, kind: BlobKind, id: &BlobId) -> &Mutex<IdSet> {
        &self.shards[usize::from(kind == BlobKind::Tree)][usize::from(id.as_bytes()[0]) % SHARDS]
    }

    /// Whether the caller is to store the blob: nobody was told so before, and it is not `known`.
    pub(super) fn claim(&self, kind: BlobKind, id: &BlobId, known: impl FnOnce() -> bool) -> bool {
        let mut shard = self.shard(kind, id).lock();
        // The index is asked under the lock: `release` forgets a claim only after the index has it.
        if shard.contains(id.as_bytes()) || known() {
            return false;
        }
        shard.insert(*id.as_bytes());
        self.claimed.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Whether somebody was told to store it, and the index does not have it yet.
    pub(super) fn holds(&self, kind: BlobKind, id: &BlobId) -> bool {
        self.shard(kind, id).lock().contains(id.as_bytes())
    }

    pub(super) fn stored(&self, blobs: usize) {
        self.stored.fetch_add(blobs as u64, Ordering::Relaxed);
    }

    /// The index has it now.
    pub(super) fn release(&self, kind: BlobKind, id: &BlobId) {
        self.shard(kind, id).lock().remove(id.as_bytes());
    }

    /// Claimed, and stored.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.claimed.load(Ordering::Relaxed), self.stored.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_threads_one_is_told_to_store_a_blob() {
        let claims = Claims::new();
        let ids: Vec<BlobId> = (0..500u32).map(|n| BlobId::new(rempart_crypto::sha256(&n.to_le_bytes()))).collect();
        let granted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| ids.iter().filter(|id| claims.claim(BlobKind::Data, id, || false)).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(granted, ids.len());
        assert!(claims.claim(BlobKind::Tree, &ids[0], || false), "a tree of the same id is another blob");
        assert!(!claims.claim(BlobKind::Tree, &ids[1], || true), "a known blob was claimed");
        assert!(claims.holds(BlobKind::Data, &ids[2]) && !claims.holds(BlobKind::Tree, &ids[2]));
        claims.release(BlobKind::Data, &ids[2]);
        assert!(!claims.holds(BlobKind::Data, &ids[2]));
        assert!(claims.claim(BlobKind::Data, &ids[2], || false), "a released claim stayed");
    }
}
