//! The data: the bytes of packs against their names, their headers and the ids of their blobs.
//!
//! Two things are verified of a pack: that its file has the SHA-256 it is named by, and that its header says what the
//! index says and every blob opens (MAC), unpacks (zstd) and hashes to its id. Hashing runs over many messages at once
//! (see `rempart_crypto::sha256_many`): over the files of a whole group of packs where reading twice is cheap, and over
//! the blobs of one pack.

use parking_lot::Mutex;
use rempart_crypto::{Sha256Stream, sha256, sha256_lanes, sha256_many};
use rempart_format::{BlobKind, PackEntry};
use rempart_model::{Id, PackId};
use rempart_storage::{ObjectKind, ObjectName, ReadAdvice};

use super::structure::CheckedPack;
use super::{Findings, Problem};
use crate::decode::keep_within;
use crate::maintain::packs::{ReadPart, read_header_by};
use crate::maintain::reach::chain;
use crate::maintain::threads::for_each_parallel;
use crate::maintain::{MaintenanceObserver, Step};
use crate::{LONG_TREE_BYTES, Repository};

/// How much of each pack of a group is hashed at a time.
const WINDOW_BYTES: usize = 256 << 10;
/// Sealed bytes that are read at a time, if a single blob is not longer.
const RUN_BYTES: u64 = 4 << 20;
/// The disk fetches the group that comes so much later, while this one is worked on: about one for each thread.
const FETCHED_AHEAD: usize = 2;
/// Plaintext that is gathered before it is hashed together, and the room that is kept for the next.
const HASHED_TOGETHER_BYTES: usize = 6 << 20;

/// Reads and verifies packs on all cores. Returns those that are sound.
pub(super) fn check_packs(
    repository: &Repository,
    packs: &[&CheckedPack],
    findings: &Findings,
    observer: &dyn MaintenanceObserver,
) -> Vec<PackId> {
    let rereads = repository.store().rereads_are_cheap();
    let group_len = if rereads { sha256_lanes() } else { 1 };
    let groups: Vec<(usize, &[&CheckedPack])> = packs.chunks(group_len).enumerate().collect();
    let sound = Mutex::new(Vec::new());
    // As many as threads: taken by one for a group, and given back.
    let rooms: Mutex<Vec<Room>> = Mutex::default();
    for_each_parallel(&groups, |&(number, group)| {
        let mut room = rooms.lock().pop().unwrap_or_default();
        let check = Checker { repository, findings };
        if let Some((_, later)) = groups.get(number + FETCHED_AHEAD) {
            check.advise(later, ReadAdvice::Soon);
        }
        let named_rightly = if rereads { check.hash_files(group, &mut room.windows) } else { vec![true; group.len()] };
        for (pack, named_rightly) in group.iter().zip(named_rightly) {
            if findings.note_cancel(observer) {
                return false;
            }
            let whole = if rereads { None } else { check.read_whole(pack) };
            if check.pack(pack, whole, &mut room) && named_rightly {
                sound.lock().push(pack.id);
            }
            observer.advance(Step::ReadPacks, 1);
        }
        check.advise(group, ReadAdvice::Over);
        rooms.lock().push(room);
        true
    });
    sound.into_inner()
}

/// The working memory of a thread, for one group after the other: megabytes that come and go would leave gaps.
#[derive(Default)]
struct Room {
    windows: Vec<u8>,
    sealed: Vec<u8>,
    opened: Opened,
}

struct Checker<'a> {
    repository: &'a Repository,
    findings: &'a Findings,
}

fn name(pack: PackId) -> ObjectName {
    ObjectName::Named(ObjectKind::Pack, pack.0)
}

impl Checker<'_> {
    fn advise(&self, group: &[&CheckedPack], advice: ReadAdvice) {
        for pack in group {
            self.repository.store().advise(name(pack.id), advice);
        }
    }

    /// Hashes the files of a group together, window by window. True for each that has the name it should have.
    fn hash_files(&self, group: &[&CheckedPack], windows: &mut Vec<u8>) -> Vec<bool> {
        let mut streams: Vec<_> = group.iter().map(|_| Some(Sha256Stream::new())).collect();
        windows.resize(WINDOW_BYTES * group.len(), 0);
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
            stream.is_some_and(|stream| self.is_named(pack, &stream.finish()))
        };
        group.iter().zip(streams).map(verdict).collect()
    }

    fn is_named(&self, pack: &CheckedPack, digest: &[u8; 32]) -> bool {
        let named = digest == pack.id.as_bytes();
        if !named {
            self.findings.tell(Problem::PackHash { pack: pack.id });
        }
        named
    }

    /// The whole file in memory, where reading it twice would cost a second download. `None` where it cannot be read
    /// or is not what its name says, which is told; its blobs are then looked at one by one.
    fn read_whole(&self, pack: &CheckedPack) -> Option<Vec<u8>> {
        match self.repository.store().read(name(pack.id)) {
            Ok(bytes) => self.is_named(pack, &sha256(&bytes)).then(|| bytes.into()),
            Err(error) => {
                self.findings.tell(Problem::PackUnreadable { pack: pack.id, reason: chain(&error) });
                None
            }
        }
    }

    /// Header and blobs of one pack. True where all is well.
    fn pack(&self, pack: &CheckedPack, whole: Option<Vec<u8>>, room: &mut Room) -> bool {
        let read = |offset: u64, len: usize, buffer: &mut Vec<u8>| {
            buffer.resize(len, 0);
            match &whole {
                Some(bytes) => match usize::try_from(offset).ok().and_then(|at| bytes.get(at..)?.get(..len)) {
                    Some(part) => buffer.copy_from_slice(part),
                    None => return Err("it ends too early".to_owned()),
                },
                None => {
                    let store = self.repository.store();
                    store.read_range_into(name(pack.id), offset, buffer).map_err(|error| chain(&error))?;
                }
            }
            Ok(())
        };
        self.header(pack, &read) & self.blobs(pack, &read, room)
    }

    fn header(&self, pack: &CheckedPack, read: &ReadPart<'_>) -> bool {
        match read_header_by(self.repository, pack.stored_bytes, read) {
            Ok(entries) if entries == pack.entries => true,
            Ok(_) => {
                self.findings.tell(Problem::HeaderAgainstIndex { pack: pack.id });
                false
            }
            Err(reason) => {
                self.findings.tell(Problem::PackHeader { pack: pack.id, reason });
                false
            }
        }
    }

    fn blobs(&self, pack: &CheckedPack, read: &ReadPart<'_>, room: &mut Room) -> bool {
        let mut sound = true;
        let mut tell = |blob, reason| {
            sound = false;
            self.findings.tell(Problem::BlobDamaged { pack: pack.id, blob, reason });
        };
        let Room { sealed, opened, .. } = room;
        for run in runs(&pack.entries) {
            let start = run[0].offset_bytes;
            let end = run.iter().map(end_of).max().expect("a run has entries");
            if let Err(reason) = read(u64::from(start), (end - u64::from(start)) as usize, sealed) {
                run.iter().for_each(|entry| tell(entry.id, reason.clone()));
                continue;
            }
            for entry in run {
                let at = (entry.offset_bytes - start) as usize;
                let part = &mut sealed[at..at + entry.sealed_bytes as usize];
                if is_long_tree(entry) {
                    if let Err(reason) = self.repository.verify_in_place(&entry.id.0, part, entry.uncompressed_bytes) {
                        tell(entry.id, reason);
                    }
                    continue;
                }
                match self.repository.open_blob(part, entry.uncompressed_bytes, opened.next_buffer()) {
                    Ok(()) => opened.keep(entry.id.0),
                    Err(reason) => tell(entry.id, reason),
                }
                if opened.plaintext_bytes >= HASHED_TOGETHER_BYTES {
                    opened.verify(&mut |id| tell(id.into(), WRONG_CONTENT.to_owned()));
                }
            }
        }
        opened.verify(&mut |id| tell(id.into(), WRONG_CONTENT.to_owned()));
        // A tree of tens of megabytes shall not stay in memory for the rest of the work.
        if sealed.capacity() as u64 > 4 * RUN_BYTES {
            *sealed = Vec::new();
        }
        sound
    }
}

const WRONG_CONTENT: &str = "its content does not have the SHA-256 that it is named by";

/// Unpacked whole, it would take far more memory than the pack it lies in.
fn is_long_tree(entry: &PackEntry) -> bool {
    entry.kind == BlobKind::Tree && entry.uncompressed_bytes.is_some_and(|len| u64::from(len.get()) >= LONG_TREE_BYTES)
}

fn end_of(entry: &PackEntry) -> u64 {
    u64::from(entry.offset_bytes) + u64::from(entry.sealed_bytes)
}

/// Divides entries, sorted by offset, into runs that are read at once.
fn runs(entries: &[PackEntry]) -> impl Iterator<Item = &[PackEntry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let limit = u64::from(first.offset_bytes) + RUN_BYTES;
        let len = rest.iter().take_while(|entry| end_of(entry) <= limit).count().max(1);
        let (run, behind) = rest.split_at(len);
        rest = behind;
        Some(run)
    })
}

/// Plaintexts that wait to be hashed together; their buffers are used again.
#[derive(Default)]
struct Opened {
    buffers: Vec<Vec<u8>>,
    ids: Vec<Id>,
    plaintext_bytes: usize,
}

impl Opened {
    fn next_buffer(&mut self) -> &mut Vec<u8> {
        if self.buffers.len() == self.ids.len() {
            self.buffers.push(Vec::new());
        }
        &mut self.buffers[self.ids.len()]
    }

    fn keep(&mut self, id: Id) {
        self.plaintext_bytes += self.buffers[self.ids.len()].len();
        self.ids.push(id);
    }

    fn verify(&mut self, tell: &mut dyn FnMut(Id)) {
        let messages: Vec<&[u8]> = self.buffers[..self.ids.len()].iter().map(Vec::as_slice).collect();
        let mut digests = vec![[0; 32]; messages.len()];
        sha256_many(&messages, &mut digests);
        for (id, digest) in self.ids.drain(..).zip(digests) {
            if id.as_bytes() != &digest {
                tell(id);
            }
        }
        self.plaintext_bytes = 0;
        keep_within(&mut self.buffers, HASHED_TOGETHER_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use rempart_model::BlobId;

    use super::*;

    fn entry(offset_bytes: u32, sealed_bytes: u32) -> PackEntry {
        PackEntry {
            id: BlobId::new([0; 32]),
            kind: BlobKind::Data,
            offset_bytes,
            sealed_bytes,
            uncompressed_bytes: None,
        }
    }

    #[test]
    fn runs_cover_every_entry_once_and_stay_small_where_they_can() {
        let mib = 1 << 20;
        let entries: Vec<_> =
            [(0, 1), (1, 2), (3, 1), (4, 9), (13, 4)].map(|(at, len)| entry(at * mib, len * mib)).into();
        let lens: Vec<_> = runs(&entries).map(<[_]>::len).collect();
        assert_eq!(lens, [3, 1, 1]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
