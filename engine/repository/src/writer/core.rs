//! What the threads of one writer share: finished packs that wait for the index, the first error, the counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_format::{BlobKind, PackEntry};
use rempart_model::PackId;

use super::WriterStats;
use super::claims::Claims;
use super::pack::FinishedPack;
use crate::{Repository, RepositoryError, Result};

/// A backup that is killed has at most this much to do again.
const INDEX_EVERY: Duration = Duration::from_secs(300);

pub(super) struct Core {
    pub repo: Repository,
    pub claims: Claims,
    index_after_blobs: usize,
    /// No index is written but when somebody asks for it.
    holds_index_back: AtomicBool,
    done: Mutex<Done>,
    /// Held while an index is written: one at a time.
    indexing: Mutex<()>,
    failure: Mutex<Option<RepositoryError>>,
    stopped: AtomicBool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    data_blobs: AtomicU64,
    tree_blobs: AtomicU64,
    sealed_bytes: AtomicU64,
    packs: AtomicU64,
    index_files: AtomicU64,
}

/// Packs that are stored, and no index names them.
struct Done {
    packs: Vec<(PackId, Vec<PackEntry>)>,
    blobs: usize,
    since: Instant,
}

impl Core {
    pub(super) fn new(repo: Repository, index_after_blobs: usize) -> Self {
        Self {
            repo,
            claims: Claims::new(),
            index_after_blobs,
            holds_index_back: AtomicBool::new(false),
            done: Mutex::new(Done { packs: Vec::new(), blobs: 0, since: Instant::now() }),
            indexing: Mutex::new(()),
            failure: Mutex::new(None),
            stopped: AtomicBool::new(false),
            counts: Counts::default(),
        }
    }

    pub(super) fn stats(&self) -> WriterStats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        WriterStats {
            data_blobs: read(&self.counts.data_blobs),
            tree_blobs: read(&self.counts.tree_blobs),
            sealed_bytes: read(&self.counts.sealed_bytes),
            packs: read(&self.counts.packs),
            index_files: read(&self.counts.index_files),
        }
    }

    /// Nothing goes on after the first error, which the next caller is told.
    pub(super) fn fail(&self, error: RepositoryError) {
        self.failure.lock().get_or_insert(error);
        self.stopped.store(true, Ordering::Release);
    }

    pub(super) fn ensure_going(&self) -> Result<()> {
        if !self.stopped.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(self.failure.lock().take().unwrap_or(RepositoryError::WriterStopped))
    }

    /// The same question without taking the error away from who must report it.
    pub(super) fn is_going(&self) -> bool {
        !self.stopped.load(Ordering::Acquire)
    }

    /// Notes that `outcome` failed, so that nothing is committed after it.
    pub(super) fn noting<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.stopped.store(true, Ordering::Release);
        }
        outcome
    }

    /// A pack is stored. `true`: it is time to write the index.
    pub(super) fn pack_stored(&self, pack: FinishedPack) -> bool {
        self.counts.packs.fetch_add(1, Ordering::Relaxed);
        let mut done = self.done.lock();
        done.blobs += pack.blobs.len();
        done.packs.push((pack.id, pack.blobs));
        let is_due = done.blobs >= self.index_after_blobs || done.since.elapsed() >= INDEX_EVERY;
        is_due && !self.holds_index_back.load(Ordering::Relaxed)
    }

    pub(super) fn hold_index_back(&self, hold: bool) {
        self.holds_index_back.store(hold, Ordering::Relaxed);
    }

    /// Whether so much waits for the index that writers should wait too.
    pub(super) fn is_behind(&self) -> bool {
        let is_behind = self.done.lock().blobs >= self.index_after_blobs.saturating_mul(4);
        is_behind && !self.holds_index_back.load(Ordering::Relaxed)
    }

    /// The packs that are stored and that no index names, which is not going to change.
    pub(super) fn take_unindexed(&self) -> Vec<PackId> {
        let _no_index_under_way = self.indexing.lock();
        let packs = std::mem::take(&mut self.done.lock().packs);
        packs.into_iter().map(|(pack, _)| pack).collect()
    }

    /// Makes the stored packs durable, then names them in index files, and tells the local index.
    pub(super) fn write_index(&self) -> Result<()> {
        let _one_at_a_time = self.indexing.lock();
        let packs = {
            let mut done = self.done.lock();
            done.blobs = 0;
            done.since = Instant::now();
            std::mem::take(&mut done.packs)
        };
        if packs.is_empty() {
            return Ok(());
        }
        self.repo.store().sync()?;
        let written = self.repo.save_index_files(&packs)?;
        self.counts.index_files.fetch_add(written.len() as u64, Ordering::Relaxed);
        if self.repo.inner.index.read().is_some() {
            let blobs = packs.iter().flat_map(|(_, blobs)| blobs);
            blobs.for_each(|blob| self.claims.release(blob.kind, &blob.id));
        }
        Ok(())
    }

    pub(super) fn count_blobs(&self, kind: BlobKind, blobs: usize, sealed_bytes: u64) {
        let of_kind = match kind {
            BlobKind::Data => &self.counts.data_blobs,
            BlobKind::Tree => &self.counts.tree_blobs,
        };
        of_kind.fetch_add(blobs as u64, Ordering::Relaxed);
        self.counts.sealed_bytes.fetch_add(sealed_bytes, Ordering::Relaxed);
    }
}

/// Work of the core on a thread of its own; an error stops the writer.
pub(super) fn spawn(
    core: &Arc<Core>,
    name: &'static str,
    work: impl FnOnce(&Core) -> Result<()> + Send + 'static,
) -> Result<std::thread::JoinHandle<()>> {
    let core = Arc::clone(core);
    let run = move || {
        if let Err(error) = work(&core) {
            core.fail(error);
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(RepositoryError::Thread)
}
