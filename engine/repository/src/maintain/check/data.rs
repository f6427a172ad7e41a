//! The data: the bytes of packs against their names, their headers and the ids of their blobs.
//!
//! Two things are verified of a pack: that its file has the SHA-256 it is named by, and that its header says what the
//! index says and every blob opens (MAC), unpacks (zstd) and hashes to its id (see [`Walk`]).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rempart_crypto::{Sha256Stream, sha256_lanes};
use rempart_model::{BlobId, PackId};
use rempart_storage::{ObjectKind, ObjectName, ReadAdvice};

use super::fetch::{Fetcher, with_readers};
use super::side_by_side::{Room, walk_side_by_side};
use super::structure::CheckedPack;
use super::walk::Walk;
use super::{Findings, Problem};
use crate::Repository;
use crate::maintain::reach::chain;
use crate::maintain::threads::{cores, for_each_parallel};
use crate::maintain::{MaintenanceObserver, Step};

/// How much of each pack of a group is hashed at a time, where its file is read for its name alone.
const WINDOW_BYTES: usize = 256 << 10;
/// Where files are read twice, the disk fetches the group that comes so much later while this one is worked on: about one for
/// each thread.
const FETCHED_AHEAD: usize = 2;
/// More packs than this side by side would keep a piece of each in memory.
const SIDE_BY_SIDE: usize = 2;

/// How the bytes of a pack come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// In one piece, into memory: each request to the store costs.
    Whole,
    /// Once, piece by piece and ahead of need, several packs side by side: their files are hashed together, on the way to
    /// their blobs.
    Once,
    /// Twice: for their names the files of many packs together, as the lanes of this core ask; then for the blobs of each.
    Twice,
}

impl Reading {
    fn of(repository: &Repository) -> Self {
        match repository.store().rereads_are_cheap() {
            false => Self::Whole,
            true if sha256_lanes() <= SIDE_BY_SIDE => Self::Once,
            true => Self::Twice,
        }
    }

    fn group_len(self) -> usize {
        match self {
            Self::Whole => 1,
            Self::Once | Self::Twice => sha256_lanes(),
        }
    }
}

/// Reads and verifies packs on all cores. Returns those that are sound.
pub(super) fn check_packs(
    repository: &Repository,
    packs: &[&CheckedPack],
    findings: &Findings,
    observer: &dyn MaintenanceObserver,
) -> Vec<PackId> {
    let reading = Reading::of(repository);
    // Those of a group are worked on side by side, best where they end together; and what is left at the end is short.
    let mut packs = packs.to_vec();
    packs.sort_by_key(|pack| std::cmp::Reverse(pack.stored_bytes));
    let groups: Vec<&[&CheckedPack]> = packs.chunks(reading.group_len()).collect();
    let sound = Mutex::new(Vec::new());
    with_readers(repository, reading == Reading::Twice, |fetcher| {
        let check = Checker { repository, findings, fetcher, reading, groups: &groups, next: AtomicUsize::new(0) };
        for_each_parallel(&vec![(); cores().min(groups.len())], |()| check.work(observer, &sound));
    });
    sound.into_inner()
}

/// What the threads that verify have in common.
pub(super) struct Checker<'a> {
    pub(super) repository: &'a Repository,
    pub(super) findings: &'a Findings,
    pub(super) fetcher: Fetcher,
    reading: Reading,
    groups: &'a [&'a [&'a CheckedPack]],
    /// The next group that nobody has taken.
    next: AtomicUsize,
}

pub(super) fn name(pack: PackId) -> ObjectName {
    ObjectName::Named(ObjectKind::Pack, pack.0)
}

impl<'a> Checker<'a> {
    /// Verifies packs until none is left. False where somebody wants it to stop.
    fn work(&self, observer: &dyn MaintenanceObserver, sound: &Mutex<Vec<PackId>>) -> bool {
        let (mut room, mut hashed) = (Room::default(), VecDeque::new());
        let mut coming = self.begin_next(&mut hashed, &mut room);
        while let Some(mut walks) = coming {
            if self.findings.note_cancel(observer) {
                return false;
            }
            // Begun before these are walked, so that its first pieces are there when it is its turn.
            coming = self.begin_next(&mut hashed, &mut room);
            let verdicts = walk_side_by_side(self, &mut walks, &mut room);
            sound.lock().extend(walks.iter().zip(verdicts).filter(|(_, sound)| *sound).map(|(walk, _)| walk.pack().id));
            if self.reading == Reading::Twice {
                walks.iter().for_each(|walk| self.advise(walk.pack(), ReadAdvice::Over));
            }
            observer.advance(Step::ReadPacks, walks.len() as u64);
        }
        true
    }

    /// The packs that are walked through next, side by side. `hashed` are those of a group whose files were hashed before.
    fn begin_next(&self, hashed: &mut VecDeque<(&'a CheckedPack, bool)>, room: &mut Room) -> Option<Vec<Walk<'a>>> {
        if hashed.is_empty() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let group = *self.groups.get(number)?;
            match self.reading {
                Reading::Whole => return Some(group.iter().map(|pack| Walk::unfetched(pack)).collect()),
                Reading::Once => {
                    let walk = |pack: &&'a CheckedPack| Walk::with_its_name(pack, &self.fetcher, room.for_a_piece());
                    return Some(group.iter().map(walk).collect());
                }
                Reading::Twice => {
                    if let Some(later) = self.groups.get(number + FETCHED_AHEAD) {
                        later.iter().for_each(|pack| self.advise(pack, ReadAdvice::Soon));
                    }
                    let named_rightly = self.hash_files(group, room.windows(WINDOW_BYTES * group.len()));
                    hashed.extend(group.iter().copied().zip(named_rightly));
                }
            }
        }
        let (pack, named_rightly) = hashed.pop_front()?;
        Some(vec![Walk::of_blobs(pack, named_rightly, &self.fetcher, room.for_a_piece())])
    }

    fn advise(&self, pack: &CheckedPack, advice: ReadAdvice) {
        self.repository.store().advise(name(pack.id), advice);
    }

    /// Hashes the files of a group together, window by window. True for each that has the name it should have.
    fn hash_files(&self, group: &[&CheckedPack], windows: &mut [u8]) -> Vec<bool> {
        let mut streams: Vec<_> = group.iter().map(|_| Some(Sha256Stream::new())).collect();
        let longest = group.iter().map(|pack| pack.stored_bytes).max().unwrap_or(0);
        for offset in (0..longest).step_by(WINDOW_BYTES) {
            let mut work = Vec::with_capacity(group.len());
            for ((pack, stream), window) in group.iter().zip(&mut streams).zip(windows.chunks_mut(WINDOW_BYTES)) {
                let len = pack.stored_bytes.saturating_sub(offset).min(WINDOW_BYTES as u64) as usize;
                if len == 0 || stream.is_none() {
                    continue;
                }
                let read = self.repository.store().read_range_into(name(pack.id), offset, &mut window[..len]);
                if let Err(error) = read {
                    self.findings.tell(Problem::PackUnreadable { pack: pack.id, reason: chain(&error) });
                    *stream = None;
                } else if let Some(live) = stream {
                    work.push((live, &window[..len]));
                }
            }
            Sha256Stream::update_many(&mut work);
        }
        let verdict = |(pack, stream): (&&CheckedPack, Option<Sha256Stream>)| {
            stream.is_some_and(|stream| self.is_named(pack, stream))
        };
        group.iter().zip(streams).map(verdict).collect()
    }

    pub(super) fn tell_damaged(&self, pack: PackId, blob: BlobId, reason: String) {
        self.findings.tell(Problem::BlobDamaged { pack, blob, reason });
    }

    pub(super) fn is_named(&self, pack: &CheckedPack, stream: Sha256Stream) -> bool {
        let named = &stream.finish() == pack.id.as_bytes();
        if !named {
            self.findings.tell(Problem::PackHash { pack: pack.id });
        }
        named
    }
}
