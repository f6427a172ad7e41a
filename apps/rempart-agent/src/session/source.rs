//! The engine's source at the other end of a session.

use std::collections::HashMap;

use parking_lot::Mutex;
use rempart_crypto::sha256;
use rempart_format::{BlobKind, FormatError, decompress_into, for_each_reference};
use rempart_model::BlobId;
use rempart_protocol::data::{Blob, ChunkKind};
use rempart_protocol::limits::IDS_PER_QUESTION;
use rempart_repository::{BlobError, BlobSource, Deliver, ErrorKind};

use super::Shared;
use super::lengths::Lengths;
use super::sink::kind_of;
use super::state::Reader;

/// Ids that one call asks for ahead of what it was given.
const AHEAD: usize = 2048;
/// Ids in one request: the server reads those of one pack together.
const REQUEST: usize = 512;

/// Blobs come from the server, and are checked here: their names are the SHA-256 of what they hold.
///
/// The engine asks for the lengths of what a tree names as soon as it has the tree, one by one. They are asked of the server
/// all at once, when the tree comes.
pub struct RemoteSource<'s> {
    shared: &'s Shared,
    lengths: Mutex<Lengths>,
}

/// A blob that the server does not give, or gives wrongly.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the server cannot read blob {id}: {reason}")]
    Missing { id: BlobId, reason: String },
    #[error("blob {id} did not come as its name says")]
    Damaged { id: BlobId, source: Option<FormatError> },
}

impl From<Unreadable> for BlobError {
    fn from(error: Unreadable) -> Self {
        Self::Session { kind: ErrorKind::Damaged, source: Box::new(error) }
    }
}

impl<'s> RemoteSource<'s> {
    pub(super) fn new(shared: &'s Shared) -> Self {
        Self { shared, lengths: Mutex::default() }
    }

    /// Reads each id once, whatever comes first first. `each` returning false stops.
    fn read_each(
        &self,
        kind: BlobKind,
        ids: &[BlobId],
        mut each: impl FnMut(&BlobId, Result<Vec<u8>, BlobError>) -> bool,
    ) -> Result<(), BlobError> {
        let reader = ReaderGuard { shared: self.shared, reader: self.shared.state.lock().add_reader() };
        let mut requests = ids.chunks(REQUEST).peekable();
        let mut open = 0;
        loop {
            while let Some(request) = requests.next_if(|request| open == 0 || open + request.len() <= AHEAD) {
                let chunk_kind = kind_of(kind);
                self.shared.wait(|state| Ok(state.read(reader.reader, chunk_kind, request)?.then_some(())))?;
                open += request.len();
            }
            if open == 0 {
                return Ok(());
            }
            let (id, came) = self.shared.wait(|state| Ok(state.next_for(reader.reader)))?;
            open -= 1;
            let plaintext = match came {
                Ok(blob) => plaintext(blob).map_err(BlobError::from),
                Err(reason) => Err(Unreadable::Missing { id, reason }.into()),
            };
            if !each(&id, plaintext) {
                return Ok(());
            }
        }
    }

    /// Asks for the lengths of what trees name, as far as they are not known.
    fn learn(&self, trees: &mut References) -> Result<(), BlobError> {
        for (kind, ids) in [(ChunkKind::Data, &mut trees.chunks), (ChunkKind::Tree, &mut trees.trees)] {
            ids.sort_unstable();
            ids.dedup();
            {
                let lengths = self.lengths.lock();
                ids.retain(|id| lengths.get(kind, id).is_none());
            }
            for ids in ids.chunks(IDS_PER_QUESTION) {
                let question = self.shared.wait(|state| state.machine.measure(kind, ids))?;
                let lengths = self.shared.wait(|state| Ok(state.lengths(question)))?;
                self.lengths.lock().learn(kind, ids, &lengths);
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct References {
    chunks: Vec<BlobId>,
    trees: Vec<BlobId>,
}

impl References {
    /// A tree that does not parse names nothing here; whoever reads it is told.
    fn add(&mut self, tree: &[u8]) {
        let _ = for_each_reference::<FormatError>(tree, |kind, id| {
            match kind {
                BlobKind::Data => self.chunks.push(id),
                BlobKind::Tree => self.trees.push(id),
            }
            Ok(())
        });
    }
}

impl BlobSource for RemoteSource<'_> {
    fn read_blob(&self, kind: BlobKind, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        let mut read = None;
        self.read_each(kind, &[*id], |_, blob| {
            read = Some(blob);
            true
        })?;
        let missing = || Unreadable::Missing { id: *id, reason: "it did not come".to_owned() };
        let plaintext = read.ok_or_else(missing)??;
        if kind == BlobKind::Tree {
            let mut references = References::default();
            references.add(&plaintext);
            self.learn(&mut references)?;
        }
        Ok(plaintext)
    }

    fn read_blobs(&self, kind: BlobKind, ids: &[BlobId], deliver: &Deliver<'_>) -> Result<(), BlobError> {
        let mut places: HashMap<BlobId, Vec<usize>> = HashMap::with_capacity(ids.len());
        let mut once = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let places = places.entry(*id).or_default();
            if places.is_empty() {
                once.push(*id);
            }
            places.push(at);
        }
        let mut references = References::default();
        self.read_each(kind, &once, |id, blob| {
            let places = places.remove(id).unwrap_or_default();
            match blob {
                Ok(plaintext) => {
                    if kind == BlobKind::Tree {
                        references.add(&plaintext);
                    }
                    places.into_iter().all(|at| deliver(at, Ok(&plaintext)))
                }
                Err(error) => {
                    let reason = super::connection::chain(&error);
                    places.into_iter().all(|at| {
                        let reason = reason.clone();
                        deliver(at, Err(Unreadable::Missing { id: *id, reason }.into()))
                    })
                }
            }
        })?;
        self.learn(&mut references)
    }

    fn plaintext_bytes(&self, kind: BlobKind, id: &BlobId) -> Option<u64> {
        let kind = kind_of(kind);
        let known = self.lengths.lock().get(kind, id);
        let length = match known {
            Some(length) => length,
            None => {
                let question = self.shared.wait(|state| state.machine.measure(kind, &[*id])).ok()?;
                let lengths = self.shared.wait(|state| Ok(state.lengths(question))).ok()?;
                self.lengths.lock().learn(kind, &[*id], &lengths);
                lengths.first().copied().flatten()
            }
        };
        length.map(|length| u64::from(length.get()))
    }
}

/// Unpacks and checks.
fn plaintext(blob: Blob) -> Result<Vec<u8>, Unreadable> {
    let Blob { id, uncompressed_bytes, payload } = blob;
    let plaintext = match uncompressed_bytes {
        None => payload.to_vec(),
        Some(bytes) => {
            let mut plaintext = Vec::new();
            let damaged = |source| Unreadable::Damaged { id, source: Some(source) };
            decompress_into(&payload, bytes.get(), &mut plaintext).map_err(damaged)?;
            plaintext
        }
    };
    if sha256(&plaintext) == *id.as_bytes() { Ok(plaintext) } else { Err(Unreadable::Damaged { id, source: None }) }
}

/// What comes for a call that has ended is dropped.
struct ReaderGuard<'s> {
    shared: &'s Shared,
    reader: Reader,
}

impl Drop for ReaderGuard<'_> {
    fn drop(&mut self) {
        self.shared.state.lock().remove_reader(self.reader);
    }
}
