//! Blobs and lengths that a session asks for, read from the repository.

use std::cell::RefCell;
use std::num::NonZeroU32;

use parking_lot::Mutex;
use rempart_format::{BlobKind, Compression, Compressor};
use rempart_model::{BlobId, CancelToken};
use rempart_protocol::data::{Blob, ChunkKind, ReadRequest};
use rempart_repository::{BlobError, BlobSource as _, Repository};

use super::check::kind_of;
use super::readable::Readable;
use super::session::{DataSession, Machine, Stopped};
use crate::trouble::chain;

const FOREIGN: &str = "this job may not read it";

/// Answers a request. What may not be read, or cannot, is told as missing; the others go on.
pub fn answer<M: Machine>(
    session: &DataSession<M>,
    repository: &Repository,
    readable: &mut Readable,
    request: ReadRequest,
    cancel: &CancelToken,
) -> Result<(), Stopped> {
    match request {
        ReadRequest::Lengths { question, kind, ids } => {
            let length = |id: &BlobId| {
                let bytes = repository.plaintext_bytes(kind_of(kind), id).filter(|_| readable.allows(kind, id))?;
                u32::try_from(bytes).ok().and_then(NonZeroU32::new)
            };
            let lengths: Vec<_> = ids.iter().map(length).collect();
            session.say(|machine| machine.measured(question, &lengths))
        }
        ReadRequest::Blobs { kind, ids } => {
            let (allowed, foreign): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| readable.allows(kind, id));
            for id in foreign {
                session.say(|machine| machine.missing(kind, id, FOREIGN))?;
            }
            match kind {
                ChunkKind::Tree => trees(session, repository, readable, &allowed, cancel),
                ChunkKind::Data => chunks(session, repository, &allowed, cancel),
            }
        }
    }
}

fn trees<M: Machine>(
    session: &DataSession<M>,
    repository: &Repository,
    readable: &mut Readable,
    ids: &[BlobId],
    cancel: &CancelToken,
) -> Result<(), Stopped> {
    for id in ids {
        session.wait_for_room(cancel)?;
        let read = repository.read_blob(BlobKind::Tree, id);
        let learnt = read.map_err(|error| chain(&error)).and_then(|tree| {
            readable.learn(&tree).map_err(|error| error.to_string())?;
            Ok(tree)
        });
        match learnt {
            Ok(tree) => {
                let blob = packed(ChunkKind::Tree, *id, &tree);
                session.say(|machine| machine.send(ChunkKind::Tree, &[blob]))?;
            }
            Err(why) => session.say(|machine| machine.missing(ChunkKind::Tree, *id, &why))?,
        }
    }
    Ok(())
}

/// In the order that is best for the storage.
fn chunks<M: Machine>(
    session: &DataSession<M>,
    repository: &Repository,
    ids: &[BlobId],
    cancel: &CancelToken,
) -> Result<(), Stopped> {
    if ids.is_empty() {
        return Ok(());
    }
    let told = Mutex::new(vec![false; ids.len()]);
    let stopped = Mutex::new(None);
    let deliver = |at: usize, read: Result<&[u8], BlobError>| {
        let id = ids[at];
        told.lock()[at] = true;
        let said = match read {
            Ok(bytes) => {
                let blob = packed(ChunkKind::Data, id, bytes);
                let room = session.wait_for_room(cancel);
                room.and_then(|()| session.say(|machine| machine.send(ChunkKind::Data, &[blob])))
            }
            Err(error) => session.say(|machine| machine.missing(ChunkKind::Data, id, &chain(&error))),
        };
        match said {
            Ok(()) => true,
            Err(stop) => {
                stopped.lock().get_or_insert(stop);
                false
            }
        }
    };
    let read = repository.read_blobs(BlobKind::Data, ids, &deliver);
    if let Some(stop) = stopped.into_inner() {
        return Err(stop);
    }
    if let Err(error) = read {
        // Nothing could be read at all: each that was not told is told so.
        let why = chain(&error);
        for (id, _) in ids.iter().zip(told.into_inner()).filter(|(_, told)| !told) {
            session.say(|machine| machine.missing(ChunkKind::Data, *id, &why))?;
        }
    }
    Ok(())
}

/// Compressed where that gains something: the way to the agent is slower than zstd.
fn packed(kind: ChunkKind, id: BlobId, plaintext: &[u8]) -> Blob {
    thread_local!(static COMPRESSOR: RefCell<Option<Compressor>> = const { RefCell::new(None) });
    let plain = || Blob { id, uncompressed_bytes: None, payload: plaintext.to_vec().into() };
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Compressor::new(Compression::Fast).ok();
        }
        let Some(compressor) = slot else { return plain() };
        let mut scratch = Vec::new();
        let stored = compressor.store(kind_of(kind), plaintext, &mut scratch);
        match stored.ok().and_then(|stored| stored.uncompressed_bytes) {
            Some(bytes) => Blob { id, uncompressed_bytes: Some(bytes), payload: scratch.into() },
            None => plain(),
        }
    })
}
