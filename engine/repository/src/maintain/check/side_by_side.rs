//! Packs side by side, piece by piece: their files are hashed together, and so are their blobs.

use rempart_crypto::Sha256Stream;
use rempart_format::PackEntry;
use rempart_model::{BlobId, PackId};

use super::data::Checker;
use super::walk::Walk;
use crate::decode::Plaintexts;

/// Plaintext that is gathered before it is hashed together.
const HASHED_TOGETHER_BYTES: usize = 4 << 20;
/// A buffer that a long blob has made longer than this is given back.
const KEPT_BYTES: usize = 4 << 20;

const WRONG_CONTENT: &str = "its content does not have the SHA-256 that it is named by";

/// The working memory of a thread, for one group after the other: megabytes that come and go would leave gaps.
#[derive(Default)]
pub(super) struct Room {
    windows: Vec<u8>,
    /// For pieces of packs.
    spare: Vec<Vec<u8>>,
    opened: Plaintexts,
}

impl Room {
    /// For a piece of a pack.
    pub(super) fn for_a_piece(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// What a piece lay in.
    pub(super) fn give_back(&mut self, room: Vec<u8>) {
        if (1..=KEPT_BYTES).contains(&room.capacity()) {
            self.spare.push(room);
        }
    }

    pub(super) fn windows(&mut self, len_bytes: usize) -> &mut [u8] {
        self.windows.resize(len_bytes, 0);
        &mut self.windows
    }
}

/// Blobs that are open and wait to be hashed together.
pub(super) struct Waiting<'a> {
    pub(super) check: &'a Checker<'a>,
    opened: &'a mut Plaintexts,
    /// Of each: the number of its walk, its pack, its name.
    owners: Vec<(usize, PackId, BlobId)>,
    /// The walks that have a blob which is not what its name says.
    unsound: Vec<usize>,
}

impl Waiting<'_> {
    pub(super) fn open(&mut self, sealed: &[u8], entry: &PackEntry, owner: usize, pack: PackId) -> Result<(), String> {
        self.opened.open(self.check.repository.master_key(), sealed, entry.uncompressed_bytes)?;
        self.owners.push((owner, pack, entry.id));
        if self.opened.len_bytes() >= HASHED_TOGETHER_BYTES {
            self.settle();
        }
        Ok(())
    }

    fn settle(&mut self) {
        for ((owner, pack, id), digest) in self.owners.drain(..).zip(self.opened.digests()) {
            if id.as_bytes() != &digest {
                self.check.tell_damaged(pack, id, WRONG_CONTENT.to_owned());
                self.unsound.push(owner);
            }
        }
        self.opened.clear();
    }
}

/// Walks through all of them at once. True for each that is sound.
pub(super) fn walk_side_by_side(check: &Checker<'_>, walks: &mut [Walk<'_>], room: &mut Room) -> Vec<bool> {
    walks.iter_mut().for_each(|walk| walk.take_room(room));
    let mut waiting = Waiting { check, opened: &mut room.opened, owners: Vec::new(), unsound: Vec::new() };
    loop {
        // All of them, whatever the first one says.
        if !walks.iter_mut().fold(false, |goes_on, walk| walk.advance(check) | goes_on) {
            break;
        }
        let mut unhashed: Vec<_> = walks.iter_mut().filter_map(Walk::unhashed).collect();
        Sha256Stream::update_many(&mut unhashed);
        walks.iter_mut().enumerate().for_each(|(owner, walk)| walk.open_blobs(owner, &mut waiting));
    }
    waiting.settle();
    let unsound = waiting.unsound;
    walks.iter_mut().for_each(|walk| walk.give_rooms_back(room));
    let verdict = |(owner, walk): (usize, &mut Walk<'_>)| walk.end(check) && !unsound.contains(&owner);
    walks.iter_mut().enumerate().map(verdict).collect()
}
