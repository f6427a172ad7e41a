//! The catalog's clients, as the endpoint asks for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;
use parking_lot::Mutex;
use rempart_catalog::{Catalog, RepoClientRow};
use rempart_model::{RepoClientId, RepoId};
use rempart_storage::ObjectStore;
use rempart_work::Work;

use super::credentials::PasswordHash;
use super::registry::{Client, Registry, RegistryError};

/// A client that was removed is refused after this at the latest; until then a backup's thousands of requests ask once.
const REMEMBERED: Duration = Duration::from_secs(5);
/// "Last used" is written this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// The registry of this server.
pub struct CatalogRegistry {
    catalog: Catalog,
    work: Arc<Work>,
    known: Mutex<HashMap<String, (Instant, RepoClientRow)>>,
    noted: Mutex<HashMap<RepoClientId, Instant>>,
}

impl CatalogRegistry {
    #[must_use]
    pub fn new(catalog: Catalog, work: Arc<Work>) -> Arc<Self> {
        Arc::new(Self { catalog, work, known: Mutex::default(), noted: Mutex::default() })
    }

    async fn row(&self, username: &str) -> Result<Option<RepoClientRow>, RegistryError> {
        let remembered = self.known.lock().get(username).filter(|(at, _)| at.elapsed() < REMEMBERED).cloned();
        if let Some((_, row)) = remembered {
            return Ok(Some(row));
        }
        let found = self.catalog.repo_client_by_username(username).await;
        let found = found.map_err(|error| RegistryError::Catalog(Box::new(error)))?;
        let mut known = self.known.lock();
        known.retain(|_, (at, _)| at.elapsed() < REMEMBERED);
        if let Some(row) = &found {
            known.insert(username.to_owned(), (Instant::now(), row.clone()));
        }
        Ok(found)
    }
}

impl Registry for CatalogRegistry {
    fn client<'a>(
        &'a self,
        repository: RepoId,
        username: &'a str,
    ) -> BoxFuture<'a, Result<Option<Client>, RegistryError>> {
        async move {
            let row = self.row(username).await?.filter(|row| row.repository_id == repository);
            Ok(row.and_then(|row| {
                Some(Client {
                    id: row.id,
                    password: PasswordHash::from_hex(&row.password_hash)?,
                    mode: row.mode,
                    quota_bytes: row.quota_bytes,
                })
            }))
        }
        .boxed()
    }

    fn open(&self, repository: RepoId) -> BoxFuture<'_, Result<Arc<dyn ObjectStore>, RegistryError>> {
        async move {
            let opened = self.work.repository_store(repository).await;
            opened.map_err(|trouble| RegistryError::Open(Box::new(trouble)))
        }
        .boxed()
    }

    fn client_was_here(&self, client: RepoClientId) {
        {
            let mut noted = self.noted.lock();
            if noted.get(&client).is_some_and(|at| at.elapsed() < NOTED_EVERY) {
                return;
            }
            noted.insert(client, Instant::now());
        }
        let catalog = self.catalog.clone();
        tokio::spawn(async move {
            let noted = async {
                let mut tx = catalog.begin().await?;
                tx.touch_repo_client(client, Timestamp::now()).await?;
                tx.commit().await
            };
            if let Err(error) = noted.await {
                tracing::warn!(%client, "the use of a restic client could not be noted: {error}");
            }
        });
    }

    fn snapshots_changed(&self, repository: RepoId) {
        let work = self.work.clone();
        tokio::spawn(async move {
            if let Err(trouble) = work.enqueue_refresh(repository, None).await {
                tracing::warn!(%repository, "the catalog does not learn of a restic client's snapshot yet: {trouble}");
            }
        });
    }
}
