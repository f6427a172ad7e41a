//! What the repository consisted of at a moment: what was worked out then still holds while it is the same.

use rempart_model::{IndexId, SnapshotId};

use crate::{Repository, Result};

/// Everything but the packs, which are written before an index names them, and removed after none does. All ascending.
#[derive(PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) forgotten: Vec<SnapshotId>,
    snapshots: Vec<SnapshotId>,
    indexes: Vec<IndexId>,
}

impl Seen {
    /// The repository as it is now, the snapshots to be forgotten aside.
    pub(super) fn now(repository: &Repository, forgotten: &[SnapshotId]) -> Result<Self> {
        let mut forgotten = forgotten.to_vec();
        forgotten.sort_unstable();
        let mut snapshots = repository.snapshot_ids()?;
        snapshots.retain(|id| forgotten.binary_search(id).is_err());
        let mut indexes = repository.index_ids()?;
        indexes.sort_unstable();
        Ok(Self { forgotten, snapshots, indexes })
    }
}
