//! The content of a file in its order, while storage delivers chunks in the order that suits it.

use std::sync::Mutex;

use rempart_format::BlobKind;
use rempart_model::BlobId;
use rempart_repository::{BlobError, BlobSource};

use crate::browse::error::{BrowseError, shown};
use crate::cancel::CancelToken;

/// Held at once; twice that while the next batch is read beside the writing.
const BATCH_BYTES: u64 = 12 << 20;

/// A chunk that was read, or why it was not.
type Read = Option<Result<Vec<u8>, BlobError>>;

/// Reads blobs, each once, into the order they were named in.
pub(super) fn read_all(source: &dyn BlobSource, ids: &[BlobId]) -> Vec<Read> {
    if let [id] = ids {
        return vec![Some(source.read_blob(BlobKind::Data, id))];
    }
    let slots: Vec<Mutex<Read>> = ids.iter().map(|_| Mutex::new(None)).collect();
    let whole = source.read_blobs(BlobKind::Data, ids, &|at, data| {
        let mut slot = slots[at].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *slot = Some(data.map(<[u8]>::to_vec));
        true
    });
    let mut read: Vec<Read> =
        slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)).collect();
    if let (Err(error), Some(missing)) = (whole, read.iter_mut().find(|slot| slot.is_none())) {
        *missing = Some(Err(error));
    }
    read
}

pub(super) fn taken(read: Read, source: &dyn BlobSource, id: &BlobId) -> Result<Vec<u8>, BlobError> {
    read.unwrap_or_else(|| source.read_blob(BlobKind::Data, id))
}

/// Gives the chunks to `write` in their order. The next batch is read while one is written.
pub(super) fn stream(
    source: &dyn BlobSource,
    path: &[u8],
    ids: &[BlobId],
    cancel: &CancelToken,
    write: &mut dyn FnMut(&[u8]) -> Result<(), BrowseError>,
) -> Result<(), BrowseError> {
    let failed = |source| BrowseError::ReadContent { path: shown(path), source };
    if let [id] = ids {
        return write(&source.read_blob(BlobKind::Data, id).map_err(failed)?);
    }
    std::thread::scope(|scope| {
        let (batches, read) = crossbeam_channel::bounded(0);
        let reader = std::thread::Builder::new().name("dump-read".to_owned()).spawn_scoped(scope, move || {
            for batch in (Batches { source, ids }) {
                if cancel.is_canceled() || batches.send((batch, read_all(source, batch))).is_err() {
                    return;
                }
            }
        });
        reader.map_err(BrowseError::Write)?;
        let mut left = ids.len();
        for (batch, chunks) in read {
            for (id, chunk) in batch.iter().zip(chunks) {
                write(&taken(chunk, source, id).map_err(failed)?)?;
                left -= 1;
            }
            if cancel.is_canceled() {
                break;
            }
        }
        if left == 0 { Ok(()) } else { Err(BrowseError::Canceled) }
    })
}

/// Parts a list of chunks into batches.
struct Batches<'a> {
    source: &'a dyn BlobSource,
    ids: &'a [BlobId],
}

impl<'a> Iterator for Batches<'a> {
    type Item = &'a [BlobId];

    fn next(&mut self) -> Option<&'a [BlobId]> {
        let mut batch_bytes = 0;
        let count = self
            .ids
            .iter()
            .take_while(|id| {
                let before_bytes = batch_bytes;
                batch_bytes += self.source.plaintext_bytes(BlobKind::Data, id).unwrap_or(0);
                before_bytes == 0 || batch_bytes <= BATCH_BYTES
            })
            .count();
        let (batch, rest) = self.ids.split_at(count);
        self.ids = rest;
        (!batch.is_empty()).then_some(batch)
    }
}
