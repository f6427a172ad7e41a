//! The engine's sink at the other end of a session.

use bytes::Bytes;
use rempart_crypto::OVERHEAD_BYTES;
use rempart_format::{BlobKind, Snapshot};
use rempart_model::{BlobId, SnapshotId};
use rempart_protocol::Refusal;
use rempart_protocol::data::{Blob, ChunkKind};
use rempart_protocol::limits::IDS_PER_QUESTION;
use rempart_repository::{BlobError, BlobSink, PreparedBlob};

use super::Shared;
use super::fault::SessionFault;

/// What may wait to be sent before workers wait, too.
const WAITING_BYTES: u64 = 4 << 20;

/// Questions and blobs go to the server; it seals, packs and writes.
pub struct RemoteSink<'s> {
    shared: &'s Shared,
}

impl<'s> RemoteSink<'s> {
    pub(super) const fn new(shared: &'s Shared) -> Self {
        Self { shared }
    }
}

pub(super) const fn kind_of(kind: BlobKind) -> ChunkKind {
    match kind {
        BlobKind::Data => ChunkKind::Data,
        BlobKind::Tree => ChunkKind::Tree,
    }
}

impl BlobSink for RemoteSink<'_> {
    /// A worker waits for its answer while others read and compress; their questions overtake blobs that wait.
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> Result<(), BlobError> {
        wanted.clear();
        for ids in ids.chunks(IDS_PER_QUESTION) {
            let question = self.shared.wait(|state| state.machine.ask(kind_of(kind), ids))?;
            wanted.extend(self.shared.wait(|state| Ok(state.wanted(question)))?);
        }
        Ok(())
    }

    fn put(&self, kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> Result<u64, BlobError> {
        let room = |waiting| waiting < WAITING_BYTES;
        self.shared.wait(|state| Ok(room(state.machine.link().waiting_bytes()).then_some(())))?;
        let blobs: Vec<Blob> = blobs
            .iter()
            .map(|blob| Blob {
                id: blob.id,
                uncompressed_bytes: blob.uncompressed_bytes,
                payload: Bytes::copy_from_slice(blob.payload),
            })
            .collect();
        let stored_bytes = blobs.iter().map(|blob| (blob.payload.len() + OVERHEAD_BYTES) as u64).sum();
        self.shared.state.lock().machine.put(kind_of(kind), &blobs).map_err(SessionFault::from)?;
        self.shared.wake.notify_waiters();
        Ok(stored_bytes)
    }

    /// The server looks at all that it is sent.
    fn unpacks(&self) -> bool {
        true
    }

    /// A snapshot is the server's to write: see [`super::Session::commit`].
    fn commit(&self, _: &Snapshot) -> Result<SnapshotId, BlobError> {
        let refusal = Refusal::unexpected("an agent asks its server for a snapshot, and writes none itself");
        Err(SessionFault::Refused(refusal).into())
    }
}
