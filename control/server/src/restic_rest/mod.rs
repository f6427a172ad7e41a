//! restic's REST protocol, versions 1 and 2: what `restic -r rest:https://user:password@host/restic/<repository>/` and
//! rempart's own command line speak, over a repository in a pool of any kind.
//!
//! - `<repository>` is the number of the repository: it stays the same when the repository, its server or its pool is renamed.
//! - Every request carries the user and password of a client of that repository (Basic). A wrong one, and a repository that
//!   is not there, get the same 401.
//! - A client is append-only (nothing is deleted but locks, nothing overwritten) or full, and may have a quota.
//! - An upload appears whole and durable under its name before it is answered, or not at all. Its SHA-256 is its name, or
//!   it is refused. The same upload again is answered as the first: a lost answer must not fail a backup.
//! - The server needs no key of the repository: it keeps what it cannot read.

mod answer;
mod catalog;
mod credentials;
mod memory;
mod objects;
mod quota;
mod range;
mod registry;
mod stores;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

pub use catalog::CatalogRegistry;
pub use credentials::{ClientPassword, PasswordHash};
pub use registry::{Client, Registry, RegistryError};

use self::memory::UploadMemory;
use self::stores::Stores;
use crate::http::incoming;

/// What the requests share.
#[derive(Clone)]
struct Shared(Arc<Inner>);

struct Inner {
    registry: Arc<dyn Registry>,
    stores: Stores,
    memory: UploadMemory,
}

impl std::ops::Deref for Shared {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The routes below `/restic`. To be mounted beside, not below, the limits and guards of the API: bodies are as large as
/// packs, transfers as long as the line is slow, and credentials are the clients' own. `patience`: how long a client may
/// pause within an upload.
pub fn router(registry: Arc<dyn Registry>, patience: Duration) -> Router {
    let stores = Stores::new(registry.clone());
    let shared = Shared(Arc::new(Inner { registry, stores, memory: UploadMemory::default() }));
    Router::new()
        .route("/{repository}", post(objects::create))
        .route("/{repository}/", post(objects::create))
        .route("/{repository}/config", get(objects::read_config).post(upload::config).delete(objects::remove_config))
        .route("/{repository}/{kind}/", get(objects::list))
        .route("/{repository}/{kind}", get(objects::list))
        .route("/{repository}/{kind}/{name}", get(objects::read).post(upload::object).delete(objects::remove))
        .fallback(objects::unknown)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(from_fn(move |request, next| incoming::watch(patience, request, next)))
        .with_state(shared)
}
