//! Repositories kept open: deriving a key takes a fifth of a second and loading an index longer, and a page of a browser has
//! no such time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use rempart_catalog::{CatalogError, PoolRow, RepositoryRow};
use rempart_model::{PoolId, RepoId, RepositoryState};
use rempart_repository::{OpenOptions, Repository, UnlockScope};

use crate::pool::Patience;
use crate::secret::{Field, SecretText};
use crate::trouble::{Result, Trouble, table};
use crate::{Work, blocking};

/// As many are kept; the one that was not asked for longest goes first.
const KEPT: usize = 16;

/// Open repositories of this process.
#[derive(Default)]
pub struct OpenRepositories {
    open: Mutex<Vec<Kept>>,
}

struct Kept {
    id: RepoId,
    pool: PoolId,
    repository: Repository,
    used: Instant,
}

impl OpenRepositories {
    fn find(&self, id: RepoId) -> Option<Repository> {
        let mut open = self.open.lock();
        let kept = open.iter_mut().find(|kept| kept.id == id)?;
        kept.used = Instant::now();
        Some(kept.repository.clone())
    }

    fn keep(&self, id: RepoId, pool: PoolId, repository: Repository) {
        let mut open = self.open.lock();
        open.retain(|kept| kept.id != id);
        if open.len() >= KEPT
            && let Some(oldest) = open.iter().enumerate().min_by_key(|(_, kept)| kept.used).map(|(at, _)| at)
        {
            open.swap_remove(oldest);
        }
        open.push(Kept { id, pool, repository, used: Instant::now() });
    }

    /// It was removed, or its password is another.
    pub fn forget(&self, id: RepoId) {
        self.open.lock().retain(|kept| kept.id != id);
    }

    /// Its credentials are others.
    pub fn forget_pool(&self, pool: PoolId) {
        self.open.lock().retain(|kept| kept.pool != pool);
    }
}

impl Work {
    /// The repository, open. Its index is loaded at its first use.
    pub async fn open_repository(&self, id: RepoId) -> Result<Repository> {
        if let Some(repository) = self.repositories.find(id) {
            return Ok(repository);
        }
        let row = self.catalog.repository(id).await?;
        if row.state != RepositoryState::Ready {
            return Err(Trouble::new(&table::REPOSITORY_NOT_READY));
        }
        let pool = self.catalog.pool(row.pool_id).await?;
        let repository = self.open_row(&row, &pool, Patience::Job).await?;
        self.repositories.keep(id, row.pool_id, repository.clone());
        Ok(repository)
    }

    /// Opens what a row describes, whatever its state.
    pub(crate) async fn open_row(&self, row: &RepositoryRow, pool: &PoolRow, patience: Patience) -> Result<Repository> {
        let location = self.pool_place(pool)?.location(&row.path)?;
        let options = self.pool_place(pool)?.options(&self.pool_secrets(pool)?, patience);
        let password = self.repository_password(row)?;
        let open_options = self.open_options();
        blocking(move || {
            let store = rempart_storage::open(&location, &options)?;
            Ok(Repository::open(store, password.expose().as_bytes(), open_options)?)
        })
        .await
    }

    pub(crate) fn open_options(&self) -> OpenOptions {
        OpenOptions { cache_dir: Some(self.cache_dir.clone()), ..OpenOptions::default() }
    }

    /// The password in the clear: for opening, and for the recovery kit.
    pub(crate) fn repository_password(&self, row: &RepositoryRow) -> Result<SecretText> {
        Ok(self.key.unseal(password_field(&row.uid), &row.password)?)
    }

    /// The store of a repository without its password: for listing, and for clients that hold their own key.
    pub async fn repository_store(&self, id: RepoId) -> Result<Arc<dyn rempart_storage::ObjectStore>> {
        let row = self.catalog.repository(id).await?;
        let pool = self.catalog.pool(row.pool_id).await?;
        let place = self.pool_place(&pool)?;
        let options = place.options(&self.pool_secrets(&pool)?, Patience::Job);
        let location = place.location(&row.path)?;
        blocking(move || Ok(rempart_storage::open(&location, &options)?)).await
    }
}

impl Work {
    /// As people are shown them, in the order of `rows`. Each pool is read once.
    pub async fn repository_locations(&self, rows: &[RepositoryRow]) -> Result<Vec<String>> {
        let mut places = HashMap::new();
        let mut locations = Vec::with_capacity(rows.len());
        for row in rows {
            let place = match places.entry(row.pool_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.pool_place(&self.catalog.pool(row.pool_id).await?)?),
            };
            locations.push(place.shown_below(&row.path)?);
        }
        Ok(locations)
    }

    /// Removes locks whose holders are gone; how many went, and how many stay because somebody may be at work.
    pub async fn unlock_repository(&self, id: RepoId) -> Result<(u64, u64)> {
        let repository = self.open_repository(id).await?;
        blocking(move || {
            let removed = repository.unlock(UnlockScope::Stale)?.len() as u64;
            Ok((removed, repository.locks()?.len() as u64))
        })
        .await
    }

    /// Takes it out of the catalog. Its files stay.
    pub async fn delete_repository(&self, id: RepoId, version: i64) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.delete_repository(id, version, jiff::Timestamp::now()).await.map_err(|error| match error {
            CatalogError::InUse { by, .. } => Trouble::new(&table::REPOSITORY_IN_USE).with("name", by),
            other => other.into(),
        })?;
        tx.commit().await?;
        self.repositories.forget(id);
        Ok(())
    }
}

pub(crate) const fn password_field(uid: &str) -> Field<'_> {
    Field { table: "repositories", row: uid, field: "password" }
}
