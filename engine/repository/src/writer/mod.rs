//! Writing: claims, packs, index, snapshot, in this order and durable one after the other.
//!
//! `put` seals on the caller's thread and gathers the sealed bytes; the thread that makes the pile high enough spreads it
//! over the open packs and hashes them together ([`packer`]). Full packs are stored ([`background`]) and, every 100,000
//! blobs or five minutes, named in index files, so that a backup that is killed finds its work again.

mod background;
mod claims;
mod core;
mod pack;
mod packer;
mod staging;

use std::num::NonZeroU32;
use std::sync::Arc;

use parking_lot::Mutex;
use rempart_crypto::OVERHEAD_BYTES;
use rempart_format::{BlobKind, Snapshot, pack as pack_format};
use rempart_model::{BlobId, IndexId, SnapshotId};
use rempart_storage::{ObjectKind, ObjectName};

use self::background::Background;
use self::core::Core;
use self::packer::Packer;
use self::staging::{RUN_BYTES, Staged, StagedRun};
use crate::{BlobError, BlobSink, LockGuard, PendingLock, PreparedBlob, Repository, RepositoryError, Result};

/// How packs are made.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Packs are closed when they reach this size: 4 to 128 MiB.
    pub pack_target_bytes: u64,
    /// Packs on their way at once, where the store takes them whole (S3, REST, …): each is held in memory.
    pub upload_threads: usize,
    /// The index is written whenever so many blobs are stored and not in it.
    pub index_after_blobs: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            pack_target_bytes: u64::from(pack_format::DEFAULT_PACK_BYTES),
            upload_threads: 3,
            index_after_blobs: 100_000,
        }
    }
}

/// What a writer stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WriterStats {
    pub data_blobs: u64,
    pub tree_blobs: u64,
    /// Sealed bytes of blobs, headers left out.
    pub sealed_bytes: u64,
    pub packs: u64,
    pub index_files: u64,
}

/// The lock under which a writer works: one held, or one whose second look is made before the commit. What the index said
/// until then is looked at again with it.
pub enum WriterLock {
    Held(Arc<LockGuard>),
    Pending(PendingLock),
}

/// A blob as a pack of this repository holds it, to be copied without opening it.
#[derive(Debug, Clone, Copy)]
pub struct SealedBlob<'a> {
    pub id: BlobId,
    pub sealed: &'a [u8],
    pub uncompressed_bytes: Option<NonZeroU32>,
}

/// Takes new blobs into packs and commits snapshots. One per run, shared by its threads.
pub struct Writer {
    core: Arc<Core>,
    data: Packer,
    trees: Packer,
    background: Background,
    lock: Mutex<Option<WriterLock>>,
    /// Packs are unnamed, and seen by nobody, until the store's next `sync`.
    holds_packs_back: bool,
    /// Under a lock without its second look: the index files that were there after the lock file was written.
    index_at_begin: Vec<IndexId>,
}

impl Repository {
    /// Begins to write. Fails on a repository of version 1.
    pub fn writer(&self, lock: WriterLock, options: WriterOptions) -> Result<Writer> {
        self.writer_under(Some(lock), options)
    }

    /// A writer that moves blobs and commits nothing. It writes no index before [`Writer::begin_to_index`], for which its
    /// caller has the lock.
    pub(crate) fn mover(&self, options: WriterOptions) -> Result<Writer> {
        let writer = self.writer_under(None, options)?;
        writer.core.hold_index_back(true);
        Ok(writer)
    }

    fn writer_under(&self, lock: Option<WriterLock>, options: WriterOptions) -> Result<Writer> {
        self.ensure_writable()?;
        let target = options.pack_target_bytes;
        if !(u64::from(pack_format::MIN_PACK_BYTES)..=u64::from(pack_format::MAX_PACK_BYTES)).contains(&target) {
            return Err(RepositoryError::PackSize { mebibytes: target >> 20 });
        }
        match &lock {
            Some(WriterLock::Held(guard)) => guard.ensure_for(self, "the writer")?,
            Some(WriterLock::Pending(pending)) => pending.ensure_for(self, "the writer")?,
            None => {}
        }
        let index_at_begin = match &lock {
            Some(WriterLock::Pending(_)) => self.index_ids()?,
            Some(WriterLock::Held(_)) | None => Vec::new(),
        };
        self.refresh_index()?;
        // Whether the store takes packs piece by piece; what this begins leaves nothing behind.
        let whole = self.store().begin_pack()?.is_none();
        let core = Arc::new(Core::new(self.clone(), options.index_after_blobs));
        Ok(Writer {
            background: Background::new(Arc::clone(&core), options.upload_threads),
            core,
            data: Packer::new(BlobKind::Data, target, whole),
            trees: Packer::new(BlobKind::Tree, target, whole),
            lock: Mutex::new(lock),
            holds_packs_back: !whole,
            index_at_begin,
        })
    }
}

impl Writer {
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        self.core.stats()
    }

    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.core.repo
    }

    /// The lock, its second look made.
    pub fn lock(&self) -> Result<Arc<LockGuard>> {
        let mut slot = self.lock.lock();
        let guard = match slot.take() {
            Some(WriterLock::Held(guard)) => guard,
            Some(WriterLock::Pending(pending)) => {
                let guard = Arc::new(pending.confirm()?);
                self.ensure_not_pruned()?;
                guard
            }
            // Confirming failed before, and the lock went with it; or there never was one.
            None => return Err(RepositoryError::WriterStopped),
        };
        *slot = Some(WriterLock::Held(Arc::clone(&guard)));
        Ok(guard)
    }

    /// A prune that made its second look before our lock file came went on, and may have ended before ours: it has removed
    /// packs that we found in the index and did not store again. Before its packs it removes their index files.
    fn ensure_not_pruned(&self) -> Result<()> {
        let now = self.core.repo.index_ids()?;
        match self.index_at_begin.iter().all(|id| now.binary_search(id).is_ok()) {
            true => Ok(()),
            false => Err(RepositoryError::PrunedMeanwhile),
        }
    }

    /// Whether the repository has this blob, or will have it before this writer can commit: somebody claimed it.
    pub fn will_have(&self, kind: BlobKind, id: &BlobId) -> bool {
        // In this order: a claim is forgotten only after the index has the blob.
        self.core.claims.holds(kind, id) || self.core.repo.index().is_ok_and(|index| index.contains(kind, id))
    }

    /// Makes all that was put durable and names it in the index. The writer goes on; nothing may be put meanwhile.
    /// Also what a run that is canceled ends with: what it stored is found again.
    pub fn flush(&self) -> Result<()> {
        self.core.ensure_going()?;
        self.core.noting(self.store_all())?;
        self.core.ensure_going()
    }

    pub(crate) fn begin_to_index(&self) {
        self.core.hold_index_back(false);
    }

    pub(crate) fn shows_packs_at_once(&self) -> bool {
        !self.holds_packs_back
    }

    /// Takes away what is stored and named by no index. Nothing may be put any more.
    pub(crate) fn discard(&self) {
        self.background.settle();
        for pack in self.core.take_unindexed() {
            // What cannot be removed is a pack that no index names, which the next prune removes.
            if let Err(error) = self.core.repo.store().remove(ObjectName::Named(ObjectKind::Pack, pack.0)) {
                tracing::warn!(error = %error.chain(), "a pack that nobody needs stays behind");
            }
        }
    }

    /// [`Writer::flush`] for the last time, without a snapshot.
    pub fn finish(self) -> Result<WriterStats> {
        self.flush()?;
        Ok(self.stats())
    }

    fn store_all(&self) -> Result<()> {
        let (store, key) = (&**self.core.repo.store(), self.core.repo.master_key());
        for packer in [&self.data, &self.trees] {
            self.background.take(packer.close(store, key)?)?;
        }
        self.background.settle();
        self.core.ensure_going()?;
        self.core.write_index()
    }

    fn packer(&self, kind: BlobKind) -> &Packer {
        match kind {
            BlobKind::Data => &self.data,
            BlobKind::Tree => &self.trees,
        }
    }

    /// Seals with `seal` into runs, and hands those to the packer. Returns the sealed bytes.
    fn pack<B>(
        &self,
        kind: BlobKind,
        blobs: &[B],
        seal: impl Fn(&B, &mut Vec<u8>) -> Result<(BlobId, Option<NonZeroU32>)>,
    ) -> Result<u64> {
        self.core.ensure_going()?;
        let packer = self.packer(kind);
        let (store, key) = (&**self.core.repo.store(), self.core.repo.master_key());
        let mut total = 0;
        let mut rest = blobs;
        while !rest.is_empty() {
            let mut run = StagedRun { bytes: packer.staging.buffer(), blobs: Vec::new() };
            while let Some((blob, behind)) = rest.split_first() {
                let from = run.bytes.len();
                let (id, uncompressed_bytes) = seal(blob, &mut run.bytes)?;
                let sealed_bytes = u32::try_from(run.bytes.len() - from).map_err(|_| RepositoryError::TooLarge {
                    what: "a blob",
                    len_bytes: (run.bytes.len() - from) as u64,
                })?;
                run.blobs.push(Staged { id, sealed_bytes, uncompressed_bytes });
                rest = behind;
                if run.bytes.len() >= RUN_BYTES {
                    break;
                }
            }
            total += run.bytes.len() as u64;
            self.background.take(packer.add(store, key, run)?)?;
        }
        self.core.count_blobs(kind, blobs.len(), total);
        Ok(total)
    }

    /// Copies blobs that are sealed with this repository's key already. Claims are not asked and not counted: whoever
    /// moves blobs knows that the index has them.
    pub fn put_sealed(&self, kind: BlobKind, blobs: &[SealedBlob<'_>]) -> Result<u64> {
        let packed = self.pack(kind, blobs, |blob, out| {
            if blob.sealed.len() <= OVERHEAD_BYTES {
                return Err(empty_blob(blob.id));
            }
            out.extend_from_slice(blob.sealed);
            Ok((blob.id, blob.uncompressed_bytes))
        });
        self.core.noting(packed)
    }

    fn commit_snapshot(&self, snapshot: &Snapshot) -> Result<SnapshotId> {
        self.core.ensure_going()?;
        let (claimed, stored) = self.core.claims.counts();
        if stored < claimed {
            return Err(RepositoryError::ClaimsUnmet { claimed, stored });
        }
        self.store_all()?;
        let guard = self.lock()?;
        // The index is durable before the snapshot that needs it; `save_snapshot` looks at the lock once more.
        if self.core.stats().index_files > 0 {
            self.core.repo.store().sync()?;
        }
        self.core.repo.save_snapshot(&guard, snapshot)
    }
}

fn empty_blob(id: BlobId) -> RepositoryError {
    RepositoryError::Invariant { reason: format!("blob {id:.8} is empty, which no pack may hold") }
}

impl BlobSink for Writer {
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> Result<(), BlobError> {
        wanted.clear();
        self.core.ensure_going()?;
        let index = self.core.noting(self.core.repo.index())?;
        wanted.extend(ids.iter().map(|id| self.core.claims.claim(kind, id, || index.contains(kind, id))));
        Ok(())
    }

    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> Result<u64, BlobError> {
        let key = self.core.repo.master_key();
        let packed = self.pack(kind, blobs, |blob, out| {
            if blob.payload.is_empty() {
                return Err(empty_blob(blob.id));
            }
            out.reserve(blob.payload.len() + OVERHEAD_BYTES);
            key.seal_into(blob.payload, out);
            Ok((blob.id, blob.uncompressed_bytes))
        });
        let sealed_bytes = self.core.noting(packed)?;
        self.core.claims.stored(blobs.len());
        Ok(sealed_bytes)
    }

    fn commit(&self, snapshot: &Snapshot) -> Result<SnapshotId, BlobError> {
        let committed = self.commit_snapshot(snapshot);
        Ok(self.core.noting(committed)?)
    }
}
