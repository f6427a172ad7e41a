//! A sink that stores nothing and answers as the real one would: what a dry run writes to.

use hashbrown::HashSet;
use parking_lot::Mutex;
use rempart_crypto::OVERHEAD_BYTES;
use rempart_format::{BlobKind, Snapshot};
use rempart_model::{BlobId, SnapshotId};
use rempart_repository::{BlobError, BlobSink, BlobSource, PreparedBlob};

/// Knows what the repository has, and forgets what it is given.
pub struct DryRunSink<'s> {
    source: &'s dyn BlobSource,
    claimed: Mutex<HashSet<(BlobKind, BlobId)>>,
}

impl<'s> DryRunSink<'s> {
    #[must_use]
    pub fn new(source: &'s dyn BlobSource) -> Self {
        Self { source, claimed: Mutex::default() }
    }
}

impl BlobSink for DryRunSink<'_> {
    fn claim(&self, kind: BlobKind, ids: &[BlobId], wanted: &mut Vec<bool>) -> Result<(), BlobError> {
        let mut claimed = self.claimed.lock();
        wanted.clear();
        wanted.extend(
            ids.iter().map(|id| self.source.plaintext_bytes(kind, id).is_none() && claimed.insert((kind, *id))),
        );
        Ok(())
    }

    fn put(&self, _kind: BlobKind, blobs: &[PreparedBlob<'_>]) -> Result<u64, BlobError> {
        Ok(blobs.iter().map(|blob| (blob.payload.len() + OVERHEAD_BYTES) as u64).sum())
    }

    /// Names the snapshot all zeros, which no stored one ever is.
    fn commit(&self, _snapshot: &Snapshot) -> Result<SnapshotId, BlobError> {
        Ok(SnapshotId::new([0; 32]))
    }
}
