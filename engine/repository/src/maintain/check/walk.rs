//! The way through a pack, piece by piece: its file is hashed for its name, and its blobs are opened.

use std::ops::Range;

use rempart_crypto::Sha256Stream;
use rempart_format::{BlobKind, PackEntry};

use super::Problem;
use super::data::{Checker, name};
use super::fetch::{Coming, Fetched, Fetcher};
use super::pieces::{Piece, pieces};
use super::side_by_side::{Room, Waiting};
use super::structure::CheckedPack;
use crate::LONG_TREE_BYTES;
use crate::maintain::packs::read_header_by;
use crate::maintain::reach::chain;

const ENDS_TOO_EARLY: &str = "the file ends before it does";

/// Where the bytes of a pack come from.
enum Source<'p> {
    /// The store, piece by piece: one at hand, and the next on its way.
    Store(Stream<'p>),
    /// The store, whole, when its turn comes.
    Unfetched,
    /// The whole file.
    Memory(Vec<u8>),
}

/// The pieces of a pack as they come from the store.
struct Stream<'p> {
    fetcher: Fetcher,
    /// The piece at hand: its room, and where in it the bytes lie.
    room: Vec<u8>,
    at_hand: Range<usize>,
    /// The next one.
    coming: Option<(Piece<'p>, Coming)>,
    /// For the one after that.
    spare: Vec<u8>,
}

/// One pack on the way.
pub(super) struct Walk<'p> {
    pack: &'p CheckedPack,
    pieces: std::vec::IntoIter<Piece<'p>>,
    piece: Option<Piece<'p>>,
    source: Source<'p>,
    /// The hash of the file up to here; `None` where it is not needed, or cannot be had any more.
    file: Option<Sha256Stream>,
    sound: bool,
}

impl<'p> Walk<'p> {
    /// Reads each byte once, for the name of the file and for its blobs. The first piece is asked for at once.
    pub(super) fn with_its_name(pack: &'p CheckedPack, fetcher: &Fetcher, room: Vec<u8>) -> Self {
        Self::new(pack, Some(Sha256Stream::new()), true).streamed(fetcher, room)
    }

    /// Reads the blobs of a file whose name was looked at already, and was right or not.
    pub(super) fn of_blobs(pack: &'p CheckedPack, named_rightly: bool, fetcher: &Fetcher, room: Vec<u8>) -> Self {
        Self::new(pack, None, named_rightly).streamed(fetcher, room)
    }

    /// A file that is fetched whole when its turn comes, for its name and for its blobs.
    pub(super) fn unfetched(pack: &'p CheckedPack) -> Self {
        Self::new(pack, Some(Sha256Stream::new()), true)
    }

    fn new(pack: &'p CheckedPack, file: Option<Sha256Stream>, sound: bool) -> Self {
        let pieces = pieces(&pack.entries, pack.stored_bytes).collect::<Vec<_>>().into_iter();
        Self { pack, pieces, piece: None, source: Source::Unfetched, file, sound }
    }

    fn streamed(mut self, fetcher: &Fetcher, spare: Vec<u8>) -> Self {
        let mut stream = Stream { fetcher: fetcher.clone(), room: Vec::new(), at_hand: 0..0, coming: None, spare };
        self.ask(&mut stream);
        self.source = Source::Store(stream);
        self
    }

    /// A second room, so that one piece can come while another is at hand.
    pub(super) fn take_room(&mut self, room: &mut Room) {
        if let Source::Store(stream) = &mut self.source {
            stream.room = room.for_a_piece();
        }
    }

    pub(super) fn give_rooms_back(&mut self, room: &mut Room) {
        if let Source::Store(stream) = &mut self.source {
            room.give_back(std::mem::take(&mut stream.room));
            room.give_back(std::mem::take(&mut stream.spare));
        }
    }

    pub(super) fn pack(&self) -> &'p CheckedPack {
        self.pack
    }

    /// A pack that cannot be fetched whole is told, and its blobs are looked at piece by piece.
    fn fetch(&mut self, check: &Checker<'_>) {
        match check.repository.store().read(name(self.pack.id)) {
            Ok(bytes) => self.source = Source::Memory(bytes.into()),
            Err(error) => {
                check.findings.tell(Problem::PackUnreadable { pack: self.pack.id, reason: chain(&error) });
                *self = Self::of_blobs(self.pack, false, &check.fetcher, Vec::new());
            }
        }
    }

    /// Asks for the next piece that has something to tell.
    fn ask(&mut self, stream: &mut Stream<'p>) {
        let needs_all = self.file.is_some();
        let next = self.pieces.find(|piece| needs_all || !piece.entries.is_empty());
        stream.coming = next.map(|piece| {
            let range = piece.range.start..piece.range.end.min(self.pack.stored_bytes);
            let coming = stream.fetcher.ask(self.pack.id, range, std::mem::take(&mut stream.spare));
            (piece, coming)
        });
    }

    /// Goes to the next piece that could be read. False at the end.
    pub(super) fn advance(&mut self, check: &Checker<'_>) -> bool {
        if matches!(self.source, Source::Unfetched) {
            self.fetch(check);
        }
        match std::mem::replace(&mut self.source, Source::Unfetched) {
            Source::Store(mut stream) => {
                self.piece = self.receive(&mut stream, check);
                self.source = Source::Store(stream);
            }
            source => {
                self.piece = self.pieces.next();
                self.source = source;
            }
        }
        self.piece.is_some()
    }

    /// The next piece that could be read, waited for; the one behind it is asked for.
    fn receive(&mut self, stream: &mut Stream<'p>, check: &Checker<'_>) -> Option<Piece<'p>> {
        loop {
            let (piece, coming) = stream.coming.take()?;
            let Fetched { room, outcome } = coming.wait();
            stream.spare = std::mem::replace(&mut stream.room, room);
            if let Err(reason) = &outcome {
                piece.entries.iter().for_each(|entry| check.tell_damaged(self.pack.id, entry.id, reason.clone()));
                if self.file.take().is_some() {
                    check.findings.tell(Problem::PackUnreadable { pack: self.pack.id, reason: reason.clone() });
                }
                self.sound = false;
            }
            self.ask(stream);
            if let Ok(range) = outcome {
                stream.at_hand = range;
                return Some(piece);
            }
        }
    }

    /// What the hash of the file has not seen of this piece.
    pub(super) fn unhashed(&mut self) -> Option<(&mut Sha256Stream, &[u8])> {
        let (file, piece) = (self.file.as_mut()?, self.piece.as_ref()?);
        let seen = (piece.new_from - piece.range.start) as usize;
        Some((file, self.source.bytes(piece).get(seen..).unwrap_or_default()))
    }

    /// Opens the blobs of this piece.
    pub(super) fn open_blobs(&mut self, owner: usize, waiting: &mut Waiting<'_>) {
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
    pub(super) fn end(&mut self, check: &Checker<'_>) -> bool {
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
                Source::Store(_) | Source::Unfetched => {
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

impl Source<'_> {
    fn bytes(&mut self, piece: &Piece<'_>) -> &mut [u8] {
        match self {
            Self::Store(stream) => &mut stream.room[stream.at_hand.clone()],
            Self::Unfetched => &mut [],
            Self::Memory(whole) => {
                let within = |at: u64| usize::try_from(at).map_or(whole.len(), |at| at.min(whole.len()));
                let range = within(piece.range.start)..within(piece.range.end);
                &mut whole[range]
            }
        }
    }
}

/// Unpacked whole, it would take far more memory than the pack it lies in.
fn is_long_tree(entry: &PackEntry) -> bool {
    entry.kind == BlobKind::Tree && entry.uncompressed_bytes.is_some_and(|len| u64::from(len.get()) >= LONG_TREE_BYTES)
}
