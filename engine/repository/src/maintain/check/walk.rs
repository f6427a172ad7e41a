//! The way through packs, piece by piece: their files are hashed for their names, and their blobs opened.

use rempart_crypto::Sha256Stream;
use rempart_format::{BlobKind, PackEntry};
use rempart_model::{BlobId, PackId};

use super::Problem;
use super::data::{Checker, name};
use super::pieces::{Piece, pieces};
use super::structure::CheckedPack;
use crate::LONG_TREE_BYTES;
use crate::decode::Plaintexts;
use crate::maintain::packs::read_header_by;
use crate::maintain::reach::chain;

/// Plaintext that is gathered before it is hashed together.
const HASHED_TOGETHER_BYTES: usize = 4 << 20;
/// A buffer that a long blob has made longer than this is given back.
const KEPT_BYTES: usize = 16 << 20;

const WRONG_CONTENT: &str = "its content does not have the SHA-256 that it is named by";
const ENDS_TOO_EARLY: &str = "the file ends before it does";

/// The working memory of a thread, for one group after the other: megabytes that come and go would leave gaps.
#[derive(Default)]
pub(super) struct Room {
    windows: Vec<u8>,
    sealed: Vec<Vec<u8>>,
    opened: Plaintexts,
}

impl Room {
    pub(super) fn windows(&mut self, len_bytes: usize) -> &mut [u8] {
        self.windows.resize(len_bytes, 0);
        &mut self.windows
    }
}

/// Where the bytes of a pack come from.
enum Source {
    /// The store, piece by piece, through this buffer.
    Store(Vec<u8>),
    /// The whole file, fetched before.
    Memory(Vec<u8>),
}

/// One pack on the way.
pub(super) struct Walk<'p> {
    pack: &'p CheckedPack,
    pieces: std::vec::IntoIter<Piece<'p>>,
    piece: Option<Piece<'p>>,
    source: Source,
    /// The hash of the file up to here; `None` where it is not needed, or cannot be had any more.
    file: Option<Sha256Stream>,
    sound: bool,
}

impl<'p> Walk<'p> {
    /// Reads each byte once, for the name of the file and for its blobs.
    pub(super) fn with_its_name(pack: &'p CheckedPack) -> Self {
        Self { file: Some(Sha256Stream::new()), ..Self::of_blobs(pack, true) }
    }

    /// Same, of a file in memory.
    pub(super) fn in_memory(pack: &'p CheckedPack, whole: Vec<u8>) -> Self {
        Self { source: Source::Memory(whole), ..Self::with_its_name(pack) }
    }

    /// Reads the blobs of a file whose name was looked at already, and was right or not.
    pub(super) fn of_blobs(pack: &'p CheckedPack, named_rightly: bool) -> Self {
        let pieces = pieces(&pack.entries, pack.stored_bytes).collect::<Vec<_>>().into_iter();
        Self { pack, pieces, piece: None, source: Source::Store(Vec::new()), file: None, sound: named_rightly }
    }

    /// Goes to the next piece that has something to tell and can be read. False at the end.
    fn advance(&mut self, check: &Checker<'_>) -> bool {
        loop {
            self.piece = self.pieces.next();
            let Some(piece) = &self.piece else { return false };
            if self.file.is_none() && piece.entries.is_empty() {
                continue;
            }
            let Source::Store(buffer) = &mut self.source else { return true };
            let end = piece.range.end.min(self.pack.stored_bytes);
            buffer.resize(end.saturating_sub(piece.range.start) as usize, 0);
            let store = check.repository.store();
            let Err(error) = store.read_range_into(name(self.pack.id), piece.range.start, buffer) else { return true };
            let reason = chain(&error);
            piece.entries.iter().for_each(|entry| check.tell_damaged(self.pack.id, entry.id, reason.clone()));
            if self.file.take().is_some() {
                check.findings.tell(Problem::PackUnreadable { pack: self.pack.id, reason });
            }
            self.sound = false;
        }
    }

    /// What the hash of the file has not seen of this piece.
    fn unhashed(&mut self) -> Option<(&mut Sha256Stream, &[u8])> {
        let (file, piece) = (self.file.as_mut()?, self.piece.as_ref()?);
        let seen = (piece.new_from - piece.range.start) as usize;
        Some((file, self.source.bytes(piece).get(seen..).unwrap_or_default()))
    }

    /// Opens the blobs of this piece.
    fn open_blobs(&mut self, owner: usize, waiting: &mut Waiting<'_>) {
        let Some(piece) = &self.piece else { return };
        let (check, pack) = (waiting.check, self.pack.id);
        let bytes = self.source.bytes(piece);
        for entry in piece.entries {
            let at = (u64::from(entry.offset_bytes) - piece.range.start) as usize;
            let outcome = match bytes.get_mut(at..at + entry.sealed_bytes as usize) {
                None => Err(ENDS_TOO_EARLY.to_owned()),
                Some(sealed) if is_long_tree(entry) => {
                    check.repository.verify_in_place(&entry.id.0, sealed, entry.uncompressed_bytes).map(drop)
                }
                Some(sealed) => waiting.open(sealed, entry, owner, pack),
            };
            if let Err(reason) = outcome {
                check.tell_damaged(pack, entry.id, reason);
                self.sound = false;
            }
        }
    }

    /// The name and the header, once all pieces were seen.
    fn end(&mut self, check: &Checker<'_>) -> bool {
        if let Some(file) = self.file.take() {
            self.sound &= check.is_named(self.pack, file);
        }
        self.sound & self.header(check)
    }

    fn header(&self, check: &Checker<'_>) -> bool {
        let read = |offset: u64, len: usize, buffer: &mut Vec<u8>| {
            buffer.resize(len, 0);
            match &self.source {
                Source::Memory(whole) => {
                    let part = usize::try_from(offset).ok().and_then(|at| whole.get(at..)?.get(..len));
                    buffer.copy_from_slice(part.ok_or(ENDS_TOO_EARLY)?);
                    Ok(())
                }
                Source::Store(_) => {
                    let store = check.repository.store();
                    store.read_range_into(name(self.pack.id), offset, buffer).map_err(|error| chain(&error))
                }
            }
        };
        let pack = self.pack.id;
        check.findings.tell(match read_header_by(check.repository, self.pack.stored_bytes, &read) {
            Ok(entries) if entries == self.pack.entries => return true,
            Ok(_) => Problem::HeaderAgainstIndex { pack },
            Err(reason) => Problem::PackHeader { pack, reason },
        });
        false
    }
}

impl Source {
    fn bytes(&mut self, piece: &Piece<'_>) -> &mut [u8] {
        match self {
            Self::Store(buffer) => buffer,
            Self::Memory(whole) => {
                let within = |at: u64| usize::try_from(at).map_or(whole.len(), |at| at.min(whole.len()));
                let range = within(piece.range.start)..within(piece.range.end);
                &mut whole[range]
            }
        }
    }
}

/// Blobs that are open and wait to be hashed together.
struct Waiting<'a> {
    check: &'a Checker<'a>,
    opened: &'a mut Plaintexts,
    /// Of each: the number of its walk, its pack, its name.
    owners: Vec<(usize, PackId, BlobId)>,
    /// The walks that have a blob which is not what its name says.
    unsound: Vec<usize>,
}

impl Waiting<'_> {
    fn open(&mut self, sealed: &[u8], entry: &PackEntry, owner: usize, pack: PackId) -> Result<(), String> {
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
    let Room { sealed, opened, .. } = room;
    for walk in &mut *walks {
        if let Source::Store(buffer) = &mut walk.source {
            *buffer = sealed.pop().unwrap_or_default();
        }
    }
    let mut waiting = Waiting { check, opened, owners: Vec::new(), unsound: Vec::new() };
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
    for walk in &mut *walks {
        if let Source::Store(buffer) = &mut walk.source
            && buffer.capacity() <= KEPT_BYTES
        {
            sealed.push(std::mem::take(buffer));
        }
    }
    let verdict = |(owner, walk): (usize, &mut Walk<'_>)| walk.end(check) && !unsound.contains(&owner);
    walks.iter_mut().enumerate().map(verdict).collect()
}

/// Unpacked whole, it would take far more memory than the pack it lies in.
fn is_long_tree(entry: &PackEntry) -> bool {
    entry.kind == BlobKind::Tree && entry.uncompressed_bytes.is_some_and(|len| u64::from(len.get()) >= LONG_TREE_BYTES)
}
