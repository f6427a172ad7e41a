//! Making a repository, or adopting one that is there.
//!
//! The order survives a crash at any point: the row with the sealed password first (`creating`), then the files, then the row
//! is `ready`. Whoever starts next finds rows that are still `creating`: where the files are whole, the row becomes ready;
//! where they are not, what was begun is removed, and the row with it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rempart_catalog::{CatalogError, NewRepository, PoolRow, RepositoryRow};
use rempart_chunker::Polynomial;
use rempart_model::{PoolId, PoolKind, RepoId, RepositoryState, ServerId};
use rempart_repository::{InitOptions, Repository, RepositoryError};
use rempart_storage::{ObjectKind, ObjectName, ObjectStore};

use super::name::{folder_name, repository_name};
use super::open::password_field;
use crate::browse::readable_path;
use crate::pool::{Patience, PoolPlace, local_path};
use crate::secret::{SecretText, generate_password, generate_uid};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, blocking};

/// What a person asks for.
pub struct NewRepositoryRequest {
    pub name: String,
    pub pool_id: PoolId,
    pub server_id: ServerId,
    /// Of a repository that is there; `None`: a new one, with a generated password.
    pub adopt_password: Option<SecretText>,
}

impl Work {
    /// Makes it or adopts it. Where that fails, nothing stays: no row, and no file that was not there before.
    pub async fn create_repository(&self, request: NewRepositoryRequest) -> Result<RepositoryRow> {
        let name = repository_name(&request.name)?;
        let pool = self.pool_of(request.pool_id).await?;
        let server =
            self.catalog.server(request.server_id).await.map_err(|error| Trouble::from(error).field("serverId"))?;
        let path = format!("{}/{name}", folder_name(&server.name));
        let place = self.pool_place(&pool)?;
        refuse_way_out(&place, &path)?;
        let uid = generate_uid();
        let adopts = request.adopt_password.is_some();
        let password = request.adopt_password.unwrap_or_else(generate_password);
        let new = NewRepository {
            password: self.key.seal(password_field(&uid), password.expose()),
            uid,
            pool_id: pool.id,
            server_id: Some(server.id),
            name,
            path: path.clone(),
        };
        let mut tx = self.catalog.begin().await?;
        let id = tx.insert_repository(&new, Timestamp::now()).await.map_err(|error| match error {
            CatalogError::Taken { .. } => Trouble::new(&table::REPOSITORY_PATH_TAKEN).with("path", &path).field("name"),
            other => other.into(),
        })?;
        tx.commit().await?;
        match self.make_files(&place, &pool, &path, password, adopts).await {
            Ok(repository) => {
                self.finish_repository(id, &repository).await?;
                if adopts {
                    self.enqueue_refresh(id, None).await?;
                }
                Ok(self.catalog.repository(id).await?)
            }
            Err(trouble) => {
                self.take_row_back(id).await?;
                Err(trouble)
            }
        }
    }

    async fn pool_of(&self, id: PoolId) -> Result<PoolRow> {
        self.catalog.pool(id).await.map_err(|error| Trouble::from(error).field("poolId"))
    }

    async fn make_files(
        &self,
        place: &PoolPlace,
        pool: &PoolRow,
        path: &str,
        password: SecretText,
        adopts: bool,
    ) -> Result<Repository> {
        let location = place.location(path)?;
        let options = place.options(&self.pool_secrets(pool)?, Patience::Person);
        let open_options = self.open_options();
        let kdf = self.kdf;
        blocking(move || {
            let store = rempart_storage::open(&location, &options)?;
            if adopts {
                let opened = Repository::open(store, password.expose().as_bytes(), open_options);
                let told = |error: RepositoryError| {
                    let is_password = matches!(error, RepositoryError::WrongPassword { .. });
                    let trouble = Trouble::from(error);
                    if is_password { trouble.field("adoptPassword") } else { trouble }
                };
                let repository = opened.map_err(told)?;
                if repository.version() == 1 {
                    return Err(RepositoryError::OldVersionReadOnly.into());
                }
                return Ok(repository);
            }
            let was_empty = is_empty(&*store)?;
            let init = InitOptions { chunker_polynomial: Polynomial::random().bits(), kdf };
            let made = Repository::init(store.clone(), password.expose().as_bytes(), &init, open_options);
            made.map_err(|error| {
                if was_empty && !matches!(error, RepositoryError::AlreadyInitialised { .. }) {
                    remove_beginnings(&store, location.local_path());
                }
                Trouble::from(error).with("location", location.to_string()).field("name")
            })
        })
        .await
    }

    async fn finish_repository(&self, id: RepoId, repository: &Repository) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.set_repository_ready(id, &repository.id().to_string(), Timestamp::now()).await?;
        Ok(tx.commit().await?)
    }

    async fn take_row_back(&self, id: RepoId) -> Result<()> {
        let row = self.catalog.repository(id).await?;
        let mut tx = self.catalog.begin().await?;
        tx.delete_repository(id, row.version, Timestamp::now()).await?;
        Ok(tx.commit().await?)
    }

    /// Finishes, or takes back, what a process that died had begun. Called at the start, before anybody asks for more.
    pub async fn settle_unfinished_repositories(&self) -> Result<()> {
        for row in self.catalog.all_repositories().await? {
            if row.state != RepositoryState::Creating {
                continue;
            }
            let pool = self.catalog.pool(row.pool_id).await?;
            match self.open_row(&row, &pool, Patience::Person).await {
                Ok(repository) => self.finish_repository(row.id, &repository).await?,
                Err(trouble) if trouble.is_transient() => {
                    tracing::warn!(repository = %row.path, %trouble, "cannot tell yet what became of its making");
                }
                Err(trouble) => {
                    tracing::info!(repository = %row.path, %trouble, "its making was interrupted: taken back");
                    if trouble.code() == table::REPOSITORY_NONE_THERE.code {
                        let store = self.repository_store(row.id).await?;
                        let local = self.pool_place(&pool)?.location(&row.path)?;
                        blocking(move || {
                            remove_beginnings(&store, local.local_path());
                            Ok(())
                        })
                        .await?;
                    }
                    self.take_row_back(row.id).await?;
                }
            }
        }
        Ok(())
    }
}

/// No key and no config: whatever is there after a failure is ours.
fn is_empty(store: &dyn ObjectStore) -> Result<bool> {
    match store.size(ObjectName::Config) {
        Ok(_) => return Ok(false),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    match store.list(ObjectKind::Key) {
        Ok(keys) => Ok(keys.is_empty()),
        Err(error) if error.is_not_found() => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Removes keys without a config, and the folders of a place that never became a repository. Never where there is a config.
fn remove_beginnings(store: &Arc<dyn ObjectStore>, local: Option<&Path>) {
    if !matches!(store.size(ObjectName::Config), Err(error) if error.is_not_found()) {
        return;
    }
    for key in store.list(ObjectKind::Key).unwrap_or_default() {
        let _ = store.remove(ObjectName::Named(ObjectKind::Key, key.id));
    }
    let _ = store.remove_leftovers(std::time::Duration::ZERO);
    if let Some(root) = local {
        // Only empty folders can be removed so.
        for first in 0..=u8::MAX {
            let _ = std::fs::remove_dir(root.join(format!("data/{first:02x}")));
        }
        for folder in ["keys", "locks", "snapshots", "index", "data", ""] {
            let _ = std::fs::remove_dir(root.join(folder));
        }
        let _ = root.parent().map(std::fs::remove_dir);
    }
}

/// A symbolic link in a local pool could lead the new repository elsewhere.
fn refuse_way_out(place: &PoolPlace, path: &str) -> Result<()> {
    debug_assert!(place.kind() != PoolKind::Local || !path.starts_with('/'));
    let PoolPlace::Local { path: pool } = place else { return Ok(()) };
    let Ok(root) = local_path(pool).canonicalize() else { return Ok(()) };
    let mut folder = root.clone();
    for name in path.split('/') {
        folder.push(name);
        let is_link = folder.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_symlink());
        if is_link && !folder.canonicalize().is_ok_and(|real| real.starts_with(&root)) {
            return Err(Trouble::new(&table::REPOSITORY_OUTSIDE)
                .with("path", readable_path(folder.as_os_str().as_bytes()))
                .field("name"));
        }
    }
    Ok(())
}
