//! Stores that clients work with, kept open between requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rempart_model::RepoId;
use rempart_storage::ObjectStore;

use super::quota::Usage;
use super::registry::{Registry, RegistryError};

/// Opened anew after this time, so that changed credentials of a pool come into force.
const REOPEN_AFTER: Duration = Duration::from_secs(300);

pub(super) struct Stores {
    registry: Arc<dyn Registry>,
    open: Mutex<HashMap<RepoId, Opened>>,
}

#[derive(Clone)]
struct Opened {
    served: Served,
    at: Instant,
}

/// A repository at hand.
#[derive(Clone)]
pub(super) struct Served {
    pub store: Arc<dyn ObjectStore>,
    pub usage: Arc<Usage>,
}

impl Stores {
    pub fn new(registry: Arc<dyn Registry>) -> Self {
        Self { registry, open: Mutex::default() }
    }

    pub async fn get(&self, repository: RepoId) -> Result<Served, RegistryError> {
        let (young, usage) = match self.open.lock().get(&repository) {
            Some(opened) if opened.at.elapsed() < REOPEN_AFTER => (Some(opened.served.clone()), None),
            Some(opened) => (None, Some(opened.served.usage.clone())),
            None => (None, None),
        };
        if let Some(served) = young {
            return Ok(served);
        }
        let store = self.registry.open(repository).await?;
        let served = Served { store, usage: usage.unwrap_or_default() };
        let mut open = self.open.lock();
        open.retain(|_, opened| opened.at.elapsed() < REOPEN_AFTER);
        // Two requests may have opened it at once; the count must stay one.
        let opened = open.entry(repository).or_insert_with(|| Opened { served, at: Instant::now() });
        Ok(opened.served.clone())
    }

    /// After a write that could not be made durable a store refuses all that follows; a new one begins with what is there.
    pub fn forget(&self, repository: RepoId) {
        self.open.lock().remove(&repository);
    }
}
