//! Storage pools and what was measured of them.

use jiff::Timestamp;
use rempart_model::{PoolId, PoolKind, PoolState};
use serde_json::json;

use crate::by_name::ByName;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, Topic, WriteTx};

/// A place for repositories.
#[derive(Clone)]
pub struct PoolRow {
    pub id: PoolId,
    /// Drawn when the pool was made; sealed secrets are bound to it.
    pub uid: String,
    pub name: String,
    pub kind: PoolKind,
    /// Where it is, as the room `work` writes it; without secrets.
    pub place: String,
    /// The same for people, and what two pools may not share.
    pub location: String,
    /// Sealed.
    pub secrets: Option<String>,
    pub state: PoolState,
    pub state_message: Option<String>,
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    pub used_bytes: u64,
    pub analysed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub version: i64,
    pub repository_count: u64,
}

#[derive(Clone)]
pub struct NewPool {
    pub uid: String,
    pub name: String,
    pub kind: PoolKind,
    pub place: String,
    pub location: String,
    pub secrets: Option<String>,
    pub state: PoolState,
}

/// What a measurement found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSample {
    pub at: Timestamp,
    pub used_bytes: u64,
    pub capacity_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
}

const COLUMNS: &str = "id, uid, name, kind, place, location, secrets, state, state_message, capacity_bytes, free_bytes, \
                       used_bytes, analysed_at, created_at, version, \
                       (SELECT COUNT(*) FROM repositories WHERE repositories.pool_id = pools.id) AS repository_count";

impl FromRow for PoolRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            uid: row.get("uid")?,
            name: row.get("name")?,
            kind: row.word("kind")?,
            place: row.get("place")?,
            location: row.get("location")?,
            secrets: row.get("secrets")?,
            state: row.word("state")?,
            state_message: row.get("state_message")?,
            capacity_bytes: row.opt_number("capacity_bytes")?,
            free_bytes: row.opt_number("free_bytes")?,
            used_bytes: row.number("used_bytes")?,
            analysed_at: row.opt_time("analysed_at")?,
            created_at: row.time("created_at")?,
            version: row.get("version")?,
            repository_count: row.number("repository_count")?,
        })
    }
}

impl FromRow for PoolSample {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            at: row.time("at")?,
            used_bytes: row.number("used_bytes")?,
            capacity_bytes: row.opt_number("capacity_bytes")?,
            free_bytes: row.opt_number("free_bytes")?,
        })
    }
}

impl Catalog {
    pub async fn pool(&self, id: PoolId) -> Result<PoolRow, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM pools WHERE id = $1")).bind(id);
        let found = sql.first(self.read(), "read a storage pool").await?;
        found.ok_or(CatalogError::NotFound { what: PoolId::WHAT, id: id.get() })
    }

    /// By name; `text` is part of the name or of the location.
    pub async fn pools(&self, text: Option<&str>, request: &PageRequest) -> Result<Page<PoolRow>, CatalogError> {
        const LIST: ByName = ByName { columns: COLUMNS, order: ("name_key", "id"), operation: "list storage pools" };
        let filtered = |columns: &str| {
            let sql = Sql::new(format!("SELECT {columns} FROM pools WHERE 1 = 1"));
            match text {
                Some(text) => sql.push_search(&["name_key", "LOWER(location)"], text),
                None => sql,
            }
        };
        LIST.page(self.read(), request, filtered, |row: &PoolRow| (row.name.to_lowercase(), row.id.get())).await
    }

    /// All of them, by name: for work that looks at each.
    pub async fn all_pools(&self) -> Result<Vec<PoolRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM pools ORDER BY name_key, id"));
        sql.all(self.read(), "read the storage pools").await
    }

    /// Measurements since then, oldest first.
    pub async fn pool_samples(&self, id: PoolId, since: Timestamp) -> Result<Vec<PoolSample>, CatalogError> {
        Sql::new(
            "SELECT at, used_bytes, capacity_bytes, free_bytes FROM pool_samples WHERE pool_id = $1 AND at >= $2 ORDER BY at",
        )
        .bind(id)
        .bind(since)
        .all(self.read(), "read a pool's history")
        .await
    }
}

impl WriteTx {
    pub async fn insert_pool(&mut self, pool: &NewPool, now: Timestamp) -> Result<PoolId, CatalogError> {
        let id: PoolId = Sql::new(
            "INSERT INTO pools (uid, name, kind, place, location, secrets, state, used_bytes, created_at, version, \
             name_key) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 1, $9) RETURNING id",
        )
        .bind(&pool.uid)
        .bind(&pool.name)
        .bind(pool.kind)
        .bind(&pool.place)
        .bind(&pool.location)
        .bind(pool.secrets.as_deref())
        .bind(pool.state)
        .bind(now)
        .bind(pool.name.to_lowercase())
        .one(&self.tx, "add a storage pool")
        .await?;
        self.append_event(Topic::Pools, "created", id, &json!({ "name": pool.name }), now).await?;
        Ok(id)
    }

    /// Name, place and secrets; `version` is the one that the caller read.
    pub async fn update_pool(&mut self, pool: &PoolRow, version: i64, now: Timestamp) -> Result<(), CatalogError> {
        let touched = Sql::new(
            "UPDATE pools SET name = $1, place = $2, location = $3, secrets = $4, name_key = $7, version = version + 1 \
             WHERE id = $5 AND version = $6",
        )
        .bind(&pool.name)
        .bind(&pool.place)
        .bind(&pool.location)
        .bind(pool.secrets.as_deref())
        .bind(pool.id)
        .bind(version)
        .bind(pool.name.to_lowercase())
        .run(&self.tx, "change a storage pool")
        .await?;
        self.touched_or_stale(touched, "pools", PoolId::WHAT, pool.id.get()).await?;
        self.append_event(Topic::Pools, "changed", pool.id, &json!({ "name": pool.name }), now).await
    }

    /// Only without repositories in it.
    pub async fn delete_pool(&mut self, id: PoolId, version: i64, now: Timestamp) -> Result<(), CatalogError> {
        let used: Option<String> = Sql::new("SELECT name FROM repositories WHERE pool_id = $1 ORDER BY name")
            .bind(id)
            .first(&self.tx, "look for repositories in a pool")
            .await?;
        if let Some(name) = used {
            return Err(CatalogError::InUse { what: PoolId::WHAT, id: id.get(), by: name });
        }
        let touched = Sql::new("DELETE FROM pools WHERE id = $1 AND version = $2")
            .bind(id)
            .bind(version)
            .run(&self.tx, "remove a storage pool")
            .await?;
        self.touched_or_stale(touched, "pools", PoolId::WHAT, id.get()).await?;
        self.append_event(Topic::Pools, "deleted", id, &json!({}), now).await
    }

    /// What a look at the pool found. Measurements are one per quarter of an hour: a later one takes its place.
    pub async fn record_pool_sample(&mut self, id: PoolId, sample: &PoolSample) -> Result<(), CatalogError> {
        let quarter = Timestamp::from_second(sample.at.as_second().div_euclid(900) * 900).unwrap_or(sample.at);
        Sql::new(
            "INSERT INTO pool_samples (pool_id, at, used_bytes, capacity_bytes, free_bytes) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (pool_id, at) DO UPDATE SET used_bytes = excluded.used_bytes, \
             capacity_bytes = excluded.capacity_bytes, free_bytes = excluded.free_bytes",
        )
        .bind(id)
        .bind(quarter)
        .bind(sample.used_bytes)
        .bind(sample.capacity_bytes)
        .bind(sample.free_bytes)
        .run(&self.tx, "keep a pool's measurement")
        .await?;
        Sql::new(
            "UPDATE pools SET used_bytes = $1, capacity_bytes = $2, free_bytes = $3, analysed_at = $4 WHERE id = $5",
        )
        .bind(sample.used_bytes)
        .bind(sample.capacity_bytes)
        .bind(sample.free_bytes)
        .bind(sample.at)
        .bind(id)
        .run(&self.tx, "note a pool's measurement")
        .await?;
        self.append_event(Topic::Pools, "analysed", id, &json!({ "usedBytes": sample.used_bytes }), sample.at).await
    }

    pub async fn set_pool_state(
        &mut self,
        id: PoolId,
        state: PoolState,
        message: Option<&str>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new("UPDATE pools SET state = $1, state_message = $2 WHERE id = $3")
            .bind(state)
            .bind(message)
            .bind(id)
            .run(&self.tx, "note a pool's state")
            .await?;
        self.append_event(Topic::Pools, "changed", id, &json!({ "state": state }), now).await
    }

    /// Leaves of what is older than `before` one measurement per span: the last. Run again, it changes nothing.
    pub async fn thin_pool_samples(&mut self, before: Timestamp, span_ms: i64) -> Result<u64, CatalogError> {
        Sql::new(
            "DELETE FROM pool_samples WHERE at < $1 AND EXISTS (SELECT 1 FROM pool_samples AS later \
             WHERE later.pool_id = pool_samples.pool_id AND later.at > pool_samples.at \
             AND later.at / $2 = pool_samples.at / $2)",
        )
        .bind(before)
        .bind(span_ms)
        .run(&self.tx, "thin the pools' history")
        .await
    }

    /// Fine where a row was touched; else the row is gone, or another version is stored.
    pub(crate) async fn touched_or_stale(
        &self,
        touched: u64,
        table: &str,
        what: &'static str,
        id: i64,
    ) -> Result<(), CatalogError> {
        if touched > 0 {
            return Ok(());
        }
        let there: i64 = Sql::new(format!("SELECT COUNT(*) FROM {table} WHERE id = $1"))
            .bind(id)
            .one(&self.tx, "look for a row")
            .await?;
        Err(if there > 0 { CatalogError::Stale { what, id } } else { CatalogError::NotFound { what, id } })
    }
}
