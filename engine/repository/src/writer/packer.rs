//! The open packs of one kind: sealed runs are spread over them, and their hashes advance together.
//!
//! One SHA-256 names each pack, and on cores without SHA instructions one stream at a time is the slowest part of all;
//! sixteen streams together are several times as fast. So the more is written, the more packs are open at once.

use parking_lot::Mutex;
use rempart_crypto::{MasterKey, sha256_lanes};
use rempart_format::BlobKind;
use rempart_storage::ObjectStore;

use super::pack::{FinishedPack, OpenPack, advance};
use super::staging::{StagedRun, Staging};
use crate::Result;

/// What is gathered per open pack before it is spread. Each thread that writes may hold one such pile: a bound on memory.
const GATHERED_BYTES: usize = 512 << 10;
/// Below this, one pack is enough for a small backup.
const ONE_PACK_BYTES: u64 = 4 << 20;

pub(super) struct Packer {
    kind: BlobKind,
    target_bytes: u64,
    max_open: usize,
    pub staging: Staging,
    open: Mutex<Open>,
    /// How many bytes make a pile worth spreading: follows the number of open packs.
    full_bytes: std::sync::atomic::AtomicUsize,
}

#[derive(Default)]
struct Open {
    packs: Vec<OpenPack>,
    written_bytes: u64,
}

impl Packer {
    /// `whole` stores take packs as one piece from memory: two are open then, more would not fit.
    pub(super) fn new(kind: BlobKind, target_bytes: u64, whole: bool) -> Self {
        let max_open = if whole { 2 } else { sha256_lanes().max(2) };
        Self {
            kind,
            target_bytes,
            max_open,
            staging: Staging::default(),
            open: Mutex::new(Open::default()),
            full_bytes: GATHERED_BYTES.into(),
        }
    }

    /// Takes a run of sealed blobs; returns the packs that became full.
    pub(super) fn add(&self, store: &dyn ObjectStore, key: &MasterKey, run: StagedRun) -> Result<Vec<FinishedPack>> {
        let full_bytes = self.full_bytes.load(std::sync::atomic::Ordering::Relaxed);
        match self.staging.add(run, full_bytes) {
            None => Ok(Vec::new()),
            Some(runs) => self.spread(store, key, runs),
        }
    }

    /// Packs open at once after so much was written. Two packs, and later as many as hash together: a small backup shall
    /// not end in many small packs.
    fn wanted_open(&self, written_bytes: u64) -> usize {
        if written_bytes < ONE_PACK_BYTES {
            return 1;
        }
        let by_size = usize::try_from(written_bytes / (self.target_bytes / 2)).unwrap_or(usize::MAX);
        by_size.clamp(2, self.max_open)
    }

    fn spread(&self, store: &dyn ObjectStore, key: &MasterKey, mut runs: Vec<StagedRun>) -> Result<Vec<FinishedPack>> {
        let mut open = self.open.lock();
        let Open { packs, written_bytes } = &mut *open;
        *written_bytes += runs.iter().map(|run| run.bytes.len() as u64).sum::<u64>();
        let wanted = self.wanted_open(*written_bytes);
        self.full_bytes.store(wanted * GATHERED_BYTES, std::sync::atomic::Ordering::Relaxed);
        // The longest first, each to the pack with the least to hash: so the lanes end together.
        runs.sort_unstable_by_key(|run| std::cmp::Reverse(run.bytes.len()));
        for run in runs {
            // No more packs than there are runs to fill them.
            if packs.len() < wanted && packs.iter().all(|pack| pack.backlog_bytes() > 0) {
                packs.push(OpenPack::begin(store, self.kind, self.target_bytes)?);
            }
            let least = packs.iter_mut().min_by_key(|pack| (pack.backlog_bytes(), pack.size_bytes()));
            match least {
                Some(pack) => pack.append(run)?,
                None => {
                    let mut pack = OpenPack::begin(store, self.kind, self.target_bytes)?;
                    pack.append(run)?;
                    packs.push(pack);
                }
            }
        }
        let full = packs.iter_mut().filter(|pack| pack.is_full(self.target_bytes));
        full.into_iter().try_for_each(|pack| pack.close(key))?;
        // The widest kernel is worth it while three in four of its lanes are full.
        let lanes = if self.max_open > 2 { (packs.len() * 3 / 4).max(1) } else { 1 };
        advance(packs.iter_mut(), lanes, &mut |buffer| self.staging.give_back(buffer));
        let closed: Vec<OpenPack> = packs.extract_if(.., |pack| pack.is_closed()).collect();
        drop(open);
        closed.into_iter().map(OpenPack::finish).collect()
    }

    /// Closes what is open. Nothing may be added meanwhile.
    pub(super) fn close(&self, store: &dyn ObjectStore, key: &MasterKey) -> Result<Vec<FinishedPack>> {
        let rest = self.staging.take_all();
        let mut finished = if rest.is_empty() { Vec::new() } else { self.spread(store, key, rest)? };
        let mut packs = std::mem::take(&mut self.open.lock().packs);
        packs.iter_mut().try_for_each(|pack| pack.close(key))?;
        advance(packs.iter_mut(), 1, &mut |buffer| self.staging.give_back(buffer));
        for pack in packs {
            finished.push(pack.finish()?);
        }
        Ok(finished)
    }
}
