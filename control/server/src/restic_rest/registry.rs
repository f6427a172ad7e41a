//! What the protocol needs to know of the rest of the server.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rempart_model::{ClientMode, RepoClientId, RepoId};
use rempart_storage::{ObjectStore, StorageError};

use super::credentials::PasswordHash;

/// Who may speak to which repository, and where its objects lie.
pub trait Registry: Send + Sync + 'static {
    /// The client of this name of this repository; `None` where either is missing.
    fn client<'a>(
        &'a self,
        repository: RepoId,
        username: &'a str,
    ) -> BoxFuture<'a, Result<Option<Client>, RegistryError>>;

    /// The store of the repository, with the credentials of its pool.
    fn open(&self, repository: RepoId) -> BoxFuture<'_, Result<Arc<dyn ObjectStore>, RegistryError>>;

    /// A request of the client was let in. Called for every request: noting it must cost next to nothing.
    fn client_was_here(&self, client: RepoClientId);

    /// A snapshot came or went: what the catalog knows of the repository is old.
    fn snapshots_changed(&self, repository: RepoId);
}

/// A client as it was set up.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: RepoClientId,
    pub password: PasswordHash,
    pub mode: ClientMode,
    /// What the repository may hold before uploads of this client are refused.
    pub quota_bytes: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    #[error("the catalog did not answer")]
    Catalog(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the repository cannot be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the repository cannot be reached")]
    Storage(#[from] StorageError),
}
