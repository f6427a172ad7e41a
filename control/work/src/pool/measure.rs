//! How full a pool is: what its repositories hold, and what the place says of its room.

use std::sync::Arc;

use rempart_archive::cancel::CancelToken;
use rempart_storage::{ErrorKind, ObjectKind, ObjectName, ObjectStore, StorageError};

use crate::trouble::{Result, Trouble, table};

/// The room of a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
}

/// What the place tells of its room; nothing where it has no bounds, as buckets do.
pub fn measure(root: &dyn ObjectStore) -> Result<Measure> {
    // A pool without repositories may have no folder yet.
    let absent = |error: StorageError| if error.is_not_found() { Ok(None) } else { Err(error) };
    Ok(Measure {
        capacity_bytes: root.capacity_bytes().or_else(absent)?,
        free_bytes: root.free_bytes().or_else(absent)?,
    })
}

/// What one repository holds: every file of it, listed.
pub fn stored_bytes(store: &Arc<dyn ObjectStore>, cancel: &CancelToken) -> Result<u64> {
    let mut sum = match store.size(ObjectName::Config) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    for kind in ObjectKind::ALL {
        if cancel.is_canceled() {
            return Err(Trouble::new(&table::JOB_CANCELED));
        }
        sum += store.list(kind)?.iter().map(|listed| listed.size_bytes).sum::<u64>();
    }
    Ok(sum)
}
