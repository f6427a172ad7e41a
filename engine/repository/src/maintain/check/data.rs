//! The data: the bytes of packs against their names, their headers and the ids of their blobs.
//!
//! Two things are verified of a pack: that its file has the SHA-256 it is named by, and that its header says what the
//! index says and every blob opens (MAC), unpacks (zstd) and hashes to its id (see [`Walk`](super::walk::Walk)).

use parking_lot::Mutex;
use rempart_crypto::{Sha256Stream, sha256_lanes};
use rempart_model::{BlobId, PackId};
use rempart_storage::{ObjectKind, ObjectName, ReadAdvice};

use super::structure::CheckedPack;
use super::walk::{Room, Walk, walk_side_by_side};
use super::{Findings, Problem};
use crate::Repository;
use crate::maintain::reach::chain;
use crate::maintain::threads::for_each_parallel;
use crate::maintain::{MaintenanceObserver, Step};

/// How much of each pack of a group is hashed at a time, where its file is read for its name alone.
const WINDOW_BYTES: usize = 256 << 10;
/// The disk fetches the group that comes so much later, while this one is worked on: about one for each thread.
const FETCHED_AHEAD: usize = 2;
/// More packs than this side by side would keep a piece of each in memory.
const SIDE_BY_SIDE: usize = 2;

/// How the bytes of a pack come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// In one piece, into memory: each request to the store costs.
    Whole,
    /// Once, piece by piece, several packs side by side: their files are hashed together, on the way to their blobs.
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
    let groups: Vec<(usize, &[&CheckedPack])> = packs.chunks(reading.group_len()).enumerate().collect();
    let sound = Mutex::new(Vec::new());
    // As many as threads: taken by one for a group, and given back.
    let rooms: Mutex<Vec<Room>> = Mutex::default();
    for_each_parallel(&groups, |&(number, group)| {
        let mut room = rooms.lock().pop().unwrap_or_default();
        let check = Checker { repository, findings };
        if let Some((_, later)) = groups.get(number + FETCHED_AHEAD) {
            check.advise(later, ReadAdvice::Soon);
        }
        let mut walks = check.walks(reading, group, &mut room);
        let abreast = if reading == Reading::Once { group.len() } else { 1 };
        for (walks, packs) in walks.chunks_mut(abreast).zip(group.chunks(abreast)) {
            if findings.note_cancel(observer) {
                return false;
            }
            let verdicts = walk_side_by_side(&check, walks, &mut room);
            sound.lock().extend(packs.iter().zip(verdicts).filter(|(_, sound)| *sound).map(|(pack, _)| pack.id));
            observer.advance(Step::ReadPacks, packs.len() as u64);
        }
        check.advise(group, ReadAdvice::Over);
        rooms.lock().push(room);
        true
    });
    sound.into_inner()
}

pub(super) struct Checker<'a> {
    pub(super) repository: &'a Repository,
    pub(super) findings: &'a Findings,
}

pub(super) fn name(pack: PackId) -> ObjectName {
    ObjectName::Named(ObjectKind::Pack, pack.0)
}

impl Checker<'_> {
    fn advise(&self, group: &[&CheckedPack], advice: ReadAdvice) {
        for pack in group {
            self.repository.store().advise(name(pack.id), advice);
        }
    }

    fn walks<'p>(&self, reading: Reading, group: &[&'p CheckedPack], room: &mut Room) -> Vec<Walk<'p>> {
        let packs = group.iter().copied();
        match reading {
            Reading::Once => packs.map(Walk::with_its_name).collect(),
            Reading::Twice => {
                let named_rightly = self.hash_files(group, room.windows(WINDOW_BYTES * group.len()));
                packs.zip(named_rightly).map(|(pack, sound)| Walk::of_blobs(pack, sound)).collect()
            }
            Reading::Whole => packs.map(|pack| self.fetched(pack)).collect(),
        }
    }

    /// A pack that cannot be fetched whole is told, and its blobs are looked at one by one.
    fn fetched<'p>(&self, pack: &'p CheckedPack) -> Walk<'p> {
        match self.repository.store().read(name(pack.id)) {
            Ok(bytes) => Walk::in_memory(pack, bytes.into()),
            Err(error) => {
                self.findings.tell(Problem::PackUnreadable { pack: pack.id, reason: chain(&error) });
                Walk::of_blobs(pack, false)
            }
        }
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
