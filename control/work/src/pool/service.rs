//! Making, changing and removing pools.

use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, NewPool, PoolRow};
use rempart_model::{PoolId, PoolState};

use super::{PoolPlace, PoolSecrets, PoolTest, local_path, test_pool};
use crate::secret::generate_uid;
use crate::trouble::{Result, Trouble, chain, table};
use crate::{Work, blocking};

/// What a person changes about a pool; what is not named stays.
#[derive(Default)]
pub struct PoolChange {
    pub name: Option<String>,
    pub place: Option<(PoolPlace, PoolSecrets)>,
}

impl Work {
    /// Tests a place as it would be used. With `of`, secrets that are not given are those of that pool.
    pub async fn test_place(&self, place: PoolPlace, mut secrets: PoolSecrets, of: Option<PoolId>) -> Result<PoolTest> {
        let place = place.normalised()?;
        if let Some(id) = of {
            let row = self.catalog.pool(id).await?;
            secrets.keep_from(self.pool_secrets(&row)?);
        }
        blocking(move || Ok(test_pool(&place, &secrets))).await
    }

    /// Adds a pool whose place was tested just now: one that does not work is not kept.
    pub async fn create_pool(&self, name: &str, place: PoolPlace, secrets: PoolSecrets) -> Result<PoolRow> {
        let name = pool_name(name)?;
        let place = place.normalised()?;
        self.refuse_shared_place(&place, None).await?;
        self.must_work(&place, &secrets).await?;
        let uid = generate_uid();
        let new = NewPool {
            name: name.clone(),
            kind: place.kind(),
            place: encode(&place),
            location: place.shown()?,
            secrets: Some(secrets.seal(&self.key, &uid)),
            uid,
            state: PoolState::Reachable,
        };
        let mut tx = self.catalog.begin().await?;
        let id = tx.insert_pool(&new, Timestamp::now()).await.map_err(|error| taken(error, &name, &new.location))?;
        tx.commit().await?;
        self.enqueue_pool_analysis(id, None).await?;
        Ok(self.catalog.pool(id).await?)
    }

    /// Changes name, credentials, and the place of a pool that holds nothing yet.
    pub async fn update_pool(&self, id: PoolId, version: i64, change: PoolChange) -> Result<PoolRow> {
        let mut row = self.catalog.pool(id).await?;
        if row.version != version {
            return Err(Trouble::new(&table::STALE));
        }
        if let Some(name) = &change.name {
            row.name = pool_name(name)?;
        }
        if let Some((place, mut secrets)) = change.place {
            let old: PoolPlace = self.pool_place(&row)?;
            let mut place = place.normalised()?;
            if place.kind() != row.kind {
                return Err(Trouble::new(&table::POOL_KIND_FIXED).field("place.kind"));
            }
            keep_host_key(&old, &mut place);
            let location = place.shown()?;
            if location != row.location && row.repository_count > 0 {
                return Err(Trouble::new(&table::POOL_HAS_REPOSITORIES).field("place"));
            }
            secrets.keep_from(self.pool_secrets(&row)?);
            self.refuse_shared_place(&place, Some(id)).await?;
            self.must_work(&place, &secrets).await?;
            row.place = encode(&place);
            row.location = location;
            row.secrets = Some(secrets.seal(&self.key, &row.uid));
        }
        let now = Timestamp::now();
        let mut tx = self.catalog.begin().await?;
        let (name, location) = (row.name.clone(), row.location.clone());
        tx.update_pool(&row, version, now).await.map_err(|error| taken(error, &name, &location))?;
        tx.commit().await?;
        self.repositories.forget_pool(id);
        Ok(self.catalog.pool(id).await?)
    }

    /// Removes a pool without repositories. What lies at its place stays.
    pub async fn delete_pool(&self, id: PoolId, version: i64) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.delete_pool(id, version, Timestamp::now()).await.map_err(|error| match error {
            rempart_catalog::CatalogError::InUse { by, .. } => Trouble::new(&table::POOL_IN_USE).with("name", by),
            other => other.into(),
        })?;
        Ok(tx.commit().await?)
    }

    pub fn pool_place(&self, row: &PoolRow) -> Result<PoolPlace> {
        serde_json::from_str(&row.place).map_err(|error| Trouble::new(&table::INTERNAL).because(error))
    }

    pub fn pool_secrets(&self, row: &PoolRow) -> Result<PoolSecrets> {
        PoolSecrets::unseal(&self.key, &row.uid, row.secrets.as_deref())
    }

    async fn must_work(&self, place: &PoolPlace, secrets: &PoolSecrets) -> Result<()> {
        let (tested, secrets) = (place.clone(), secrets.clone());
        let test = blocking(move || Ok(test_pool(&tested, &secrets))).await?;
        let Some((step, trouble)) = test.trouble() else { return Ok(()) };
        if trouble.code() == table::POOL_HOST_KEY.code {
            let fingerprint = test.host_key_fingerprint.unwrap_or_default();
            return Err(Trouble::new(&table::POOL_HOST_KEY)
                .with("fingerprint", fingerprint)
                .field("place.hostKeyFingerprint"));
        }
        let detail = trouble.values.get("detail").cloned().unwrap_or_else(|| chain(trouble));
        Err(Trouble::new(&table::POOL_TEST_FAILED).with("step", step.as_str()).with("detail", detail).field("place"))
    }

    /// Two pools never share a place, and no folder of one lies in another.
    async fn refuse_shared_place(&self, place: &PoolPlace, own: Option<PoolId>) -> Result<()> {
        let location = place.shown()?;
        for other in self.catalog.all_pools().await? {
            if own == Some(other.id) {
                continue;
            }
            if other.location == location {
                let trouble = Trouble::new(&table::POOL_PLACE_TAKEN).with("name", &other.name);
                return Err(trouble.with("location", location).field("place"));
            }
            if let (PoolPlace::Local { path }, PoolPlace::Local { path: theirs }) = (place, self.pool_place(&other)?) {
                let (ours, theirs) = (resolved(path), resolved(&theirs));
                if ours.starts_with(&theirs) || theirs.starts_with(&ours) {
                    let trouble = Trouble::new(&table::POOL_PLACE_OVERLAPS).with("name", &other.name);
                    return Err(trouble.with("location", location).field("place.path"));
                }
            }
        }
        Ok(())
    }
}

/// Where a folder really is, as far as it exists: two spellings of one place are one place.
fn resolved(path: &str) -> std::path::PathBuf {
    let path = local_path(path);
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return real.join(path.strip_prefix(ancestor).unwrap_or(&path));
        }
    }
    path
}

fn keep_host_key(old: &PoolPlace, new: &mut PoolPlace) {
    if let (
        PoolPlace::Sftp { host, port, host_key_fingerprint: known, .. },
        PoolPlace::Sftp { host: new_host, port: new_port, host_key_fingerprint, .. },
    ) = (old, new)
        && (host, port) == (&*new_host, &*new_port)
        && host_key_fingerprint.is_none()
    {
        host_key_fingerprint.clone_from(known);
    }
}

fn encode(place: &PoolPlace) -> String {
    serde_json::to_string(place).expect("texts and numbers are plain JSON")
}

fn pool_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Trouble::new(&table::POOL_NAME_INVALID).field("name")) }
}

fn taken(error: rempart_catalog::CatalogError, name: &str, location: &str) -> Trouble {
    match (error.kind(), &error) {
        (CatalogErrorKind::Taken, rempart_catalog::CatalogError::Taken { constraint, .. }) => {
            if constraint.contains("location") {
                let trouble = Trouble::new(&table::POOL_PLACE_TAKEN).with("name", name);
                return trouble.with("location", location).field("place");
            }
            Trouble::new(&table::POOL_NAME_TAKEN).with("name", name).field("name")
        }
        _ => error.into(),
    }
}
