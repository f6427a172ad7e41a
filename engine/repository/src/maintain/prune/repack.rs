//! Repacking: blobs still in use are copied out of the packs that go, the first of them while the lock still settles.
//!
//! Sealed bytes move as they are; their MAC is checked on the way, so that damage is not spread into new packs.
//!
//! What is copied ahead of the lock nobody sees: the new packs have no names before the first `sync`, which comes once the
//! lock is certain, and what is dropped before leaves nothing behind. Where a place shows packs at once (S3, REST, …), nothing
//! is copied ahead: docs/decisions/0017-copying-while-the-lock-settles.md.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hashbrown::HashSet;
use parking_lot::Mutex;
use rempart_format::PackEntry;
use rempart_model::PackId;
use rempart_storage::{ObjectKind, ObjectName};

use super::plan::Repack;
use crate::maintain::removal::stop_if_canceled;
use crate::maintain::{MaintenanceObserver, Step};
use crate::{Repository, RepositoryError, Result, SealedBlob, Writer, WriterOptions};

/// Threads that copy. While some wait for the disk, the others verify and pack.
const THREADS: usize = 4;
/// A gap between two blobs that is read along rather than paying for another request.
const MERGED_GAP_BYTES: u64 = 256 << 10;
/// What is read at once, if a single blob is not longer.
const RUN_BYTES: u64 = 4 << 20;
/// No more is copied ahead of the lock: half of what, in the shortest packs, makes a local store give them their names.
const AHEAD_BYTES: u64 = 256 << 20;

/// A repacking under way. Dropped, it ends, and what it copied goes.
pub(super) struct Repacking {
    shared: Arc<Shared>,
    ahead: Vec<JoinHandle<()>>,
}

/// What all threads that copy have in common.
struct Shared {
    repository: Repository,
    writer: Writer,
    packs: Arc<[Repack]>,
    next: AtomicUsize,
    begun: Instant,
    time_limit: Option<Duration>,
    /// Those who copy ahead end with the pack they are at.
    ahead_ends: AtomicBool,
    ahead_bytes: AtomicU64,
    outcome: Mutex<Outcome>,
}

#[derive(Default)]
struct Outcome {
    copied: HashSet<PackId>,
    failure: Option<RepositoryError>,
}

impl Repacking {
    pub(super) fn new(
        repository: &Repository,
        packs: Arc<[Repack]>,
        time_limit: Option<Duration>,
        options: WriterOptions,
    ) -> Result<Self> {
        let shared = Shared {
            repository: repository.clone(),
            writer: repository.mover(options)?,
            packs,
            next: AtomicUsize::new(0),
            begun: Instant::now(),
            time_limit,
            ahead_ends: AtomicBool::new(false),
            ahead_bytes: AtomicU64::new(0),
            outcome: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared), ahead: Vec::new() })
    }

    /// Begins to copy, where that stays unseen.
    pub(super) fn begin_ahead(&mut self) -> Result<()> {
        if self.shared.writer.shows_packs_at_once() {
            return Ok(());
        }
        let sums = self.shared.packs.iter().scan(0, |sum, pack| {
            *sum += pack.keep_bytes();
            Some(*sum)
        });
        let within = sums.take_while(|sum| *sum <= AHEAD_BYTES).count();
        for _ in 0..THREADS.min(within) {
            let shared = Arc::clone(&self.shared);
            let copy = move || {
                let goes_on = || Ok(!shared.ahead_ends.load(Ordering::Relaxed) && !shared.is_time_up());
                shared.copy(within, &goes_on, &|bytes| _ = shared.ahead_bytes.fetch_add(bytes, Ordering::Relaxed));
            };
            let thread = std::thread::Builder::new().name("repack".to_owned()).spawn(copy);
            self.ahead.push(thread.map_err(RepositoryError::Thread)?);
        }
        Ok(())
    }

    /// Copies what is left, makes it durable and names it in the index. Returns the packs that were copied out of whole: all,
    /// unless the time limit came first.
    pub(super) fn finish(mut self, observer: &dyn MaintenanceObserver) -> Result<HashSet<PackId>> {
        let shared = &self.shared;
        let total = shared.packs.iter().map(Repack::keep_bytes).sum();
        observer.begin(Step::RepackBlobs, Some(total));
        shared.ahead_ends.store(true, Ordering::Relaxed);
        shared.writer.begin_to_index();
        let goes_on = || stop_if_canceled(observer).map(|()| !shared.is_time_up());
        let copy = || shared.copy(shared.packs.len(), &goes_on, &|bytes| observer.advance(Step::RepackBlobs, bytes));
        std::thread::scope(|scope| {
            for _ in 1..THREADS.min(shared.packs.len()) {
                scope.spawn(copy);
            }
            copy();
        });
        join(&mut self.ahead)?;
        observer.advance(Step::RepackBlobs, shared.ahead_bytes.load(Ordering::Relaxed));
        let Outcome { copied, failure } = std::mem::take(&mut *shared.outcome.lock());
        if let Some(error) = failure {
            return Err(error);
        }
        shared.writer.flush()?;
        Ok(copied)
    }
}

impl Drop for Repacking {
    fn drop(&mut self) {
        self.shared.ahead_ends.store(true, Ordering::Relaxed);
        let _ = join(&mut self.ahead);
        self.shared.writer.discard();
    }
}

fn join(threads: &mut Vec<JoinHandle<()>>) -> Result<()> {
    let panicked = threads.drain(..).filter_map(|thread| thread.join().err()).count();
    if panicked > 0 { Err(RepositoryError::WriterStopped) } else { Ok(()) }
}

impl Shared {
    fn is_time_up(&self) -> bool {
        self.time_limit.is_some_and(|limit| self.begun.elapsed() >= limit)
    }

    /// Copies out of the packs before `end`, one after the other, while `goes_on`; tells how many bytes.
    fn copy(&self, end: usize, goes_on: &dyn Fn() -> Result<bool>, tell: &dyn Fn(u64)) {
        let mut room = Vec::new();
        while self.outcome.lock().failure.is_none() {
            let copied = match goes_on() {
                Ok(false) => return,
                Ok(true) => {
                    let next = |next| (next < end).then_some(next + 1);
                    let Ok(number) = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next) else { return };
                    let pack = &self.packs[number];
                    self.copy_out(pack, &mut room, tell).map(|()| pack.pack)
                }
                Err(error) => Err(error),
            };
            let mut outcome = self.outcome.lock();
            match copied {
                Ok(pack) => _ = outcome.copied.insert(pack),
                Err(error) => _ = outcome.failure.get_or_insert(error),
            }
        }
    }

    fn copy_out(&self, repack: &Repack, room: &mut Vec<u8>, tell: &dyn Fn(u64)) -> Result<()> {
        let name = ObjectName::Named(ObjectKind::Pack, repack.pack.0);
        let mut rest = &repack.keep[..];
        while let Some(first) = rest.first() {
            let (run, behind) = rest.split_at(run_len(rest));
            rest = behind;
            let start = u64::from(first.offset_bytes);
            let end = run.last().map_or(start, end_of);
            let read = self.repository.store().read_range_once(name, start, (end - start) as usize, room)?;
            let bytes = &room[read];
            let sealed = |entry: &PackEntry| {
                let at = (u64::from(entry.offset_bytes) - start) as usize;
                &bytes[at..at + entry.sealed_bytes as usize]
            };
            for entry in run {
                self.repository.master_key().verify(sealed(entry)).map_err(|error| RepositoryError::BlobDamaged {
                    id: entry.id,
                    pack: repack.pack,
                    reason: error.to_string(),
                })?;
            }
            for of_a_kind in run.chunk_by(|one, next| one.kind == next.kind) {
                let blob = |entry: &PackEntry| SealedBlob {
                    id: entry.id,
                    sealed: sealed(entry),
                    uncompressed_bytes: entry.uncompressed_bytes,
                };
                let blobs: Vec<SealedBlob<'_>> = of_a_kind.iter().map(blob).collect();
                tell(self.writer.put_sealed(of_a_kind[0].kind, &blobs)?);
            }
        }
        Ok(())
    }
}

fn end_of(entry: &PackEntry) -> u64 {
    u64::from(entry.offset_bytes) + u64::from(entry.sealed_bytes)
}

/// How many of the entries, sorted by offset, are read at once.
fn run_len(entries: &[PackEntry]) -> usize {
    let limit = u64::from(entries[0].offset_bytes) + RUN_BYTES;
    let fits = |pair: &[PackEntry]| {
        let gap = u64::from(pair[1].offset_bytes).saturating_sub(end_of(&pair[0]));
        gap <= MERGED_GAP_BYTES && end_of(&pair[1]) <= limit
    };
    1 + entries.windows(2).take_while(|pair| fits(pair)).count()
}
