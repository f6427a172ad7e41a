//! Repositories and the clients of their restic REST endpoints.

use std::collections::HashMap;

use jiff::Timestamp;
use rempart_model::{ClientMode, PoolId, RepoClientId, RepoId, RepositoryState, ServerId};
use serde_json::json;

use crate::by_name::ByName;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, Topic, WriteTx};

/// A repository: `<pool>/<server>/<name>`.
#[derive(Clone)]
pub struct RepositoryRow {
    pub id: RepoId,
    /// Drawn when the row was made; the sealed password is bound to it.
    pub uid: String,
    pub pool_id: PoolId,
    pub server_id: Option<ServerId>,
    pub name: String,
    /// Below the pool.
    pub path: String,
    pub state: RepositoryState,
    /// Sealed.
    pub password: String,
    /// The identity in the repository's own config, 64 hexadecimal digits.
    pub repository_uuid: Option<String>,
    pub stored_bytes: u64,
    pub snapshot_count: u64,
    pub checked_at: Option<Timestamp>,
    pub check_ok: Option<bool>,
    pub check_message: Option<String>,
    /// What the user has to type back from the recovery kit that was shown last.
    pub kit_code: Option<String>,
    pub kit_confirmed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub version: i64,
    pub pool_name: String,
    pub server_name: Option<String>,
}

#[derive(Clone)]
pub struct NewRepository {
    pub uid: String,
    pub pool_id: PoolId,
    pub server_id: Option<ServerId>,
    pub name: String,
    pub path: String,
    pub password: String,
}

/// Which repositories are listed.
#[derive(Debug, Clone, Default)]
pub struct RepositoryFilter {
    /// Part of the name, of the path or of the pool's name, case aside.
    pub text: Option<String>,
    pub pool_id: Option<PoolId>,
    pub server_id: Option<ServerId>,
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    pub at: Timestamp,
    pub is_sound: bool,
    pub message: Option<String>,
}

/// Credentials of a restic client.
#[derive(Clone)]
pub struct RepoClientRow {
    pub id: RepoClientId,
    pub repository_id: RepoId,
    pub username: String,
    pub password_hash: String,
    pub mode: ClientMode,
    pub quota_bytes: Option<u64>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

#[derive(Clone)]
pub struct NewRepoClient {
    pub repository_id: RepoId,
    pub username: String,
    pub password_hash: String,
    pub mode: ClientMode,
    pub quota_bytes: Option<u64>,
}

const COLUMNS: &str = "r.id, r.uid, r.pool_id, r.server_id, r.name, r.path, r.state, r.password, r.repository_uuid, \
                       r.stored_bytes, r.snapshot_count, r.checked_at, r.check_ok, r.check_message, r.kit_code, \
                       r.kit_confirmed_at, r.created_at, r.version, p.name AS pool_name, s.name AS server_name";
const FROM: &str = "FROM repositories r JOIN pools p ON p.id = r.pool_id LEFT JOIN servers s ON s.id = r.server_id";

impl FromRow for RepositoryRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            uid: row.get("uid")?,
            pool_id: row.id("pool_id")?,
            server_id: row.opt_id("server_id")?,
            name: row.get("name")?,
            path: row.get("path")?,
            state: row.word("state")?,
            password: row.get("password")?,
            repository_uuid: row.get("repository_uuid")?,
            stored_bytes: row.number("stored_bytes")?,
            snapshot_count: row.number("snapshot_count")?,
            checked_at: row.opt_time("checked_at")?,
            check_ok: row.get("check_ok")?,
            check_message: row.get("check_message")?,
            kit_code: row.get("kit_code")?,
            kit_confirmed_at: row.opt_time("kit_confirmed_at")?,
            created_at: row.time("created_at")?,
            version: row.get("version")?,
            pool_name: row.get("pool_name")?,
            server_name: row.get("server_name")?,
        })
    }
}

const CLIENT: &str = "id, repository_id, username, password_hash, mode, quota_bytes, created_at, last_used_at";

impl FromRow for RepoClientRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            repository_id: row.id("repository_id")?,
            username: row.get("username")?,
            password_hash: row.get("password_hash")?,
            mode: row.word("mode")?,
            quota_bytes: row.opt_number("quota_bytes")?,
            created_at: row.time("created_at")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

impl Catalog {
    pub async fn repository(&self, id: RepoId) -> Result<RepositoryRow, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} {FROM} WHERE r.id = $1")).bind(id);
        let found = sql.first(self.read(), "read a repository").await?;
        found.ok_or(CatalogError::NotFound { what: RepoId::WHAT, id: id.get() })
    }

    /// By name.
    pub async fn repositories(
        &self,
        filter: &RepositoryFilter,
        request: &PageRequest,
    ) -> Result<Page<RepositoryRow>, CatalogError> {
        const LIST: ByName = ByName { columns: COLUMNS, order: ("r.name_key", "r.id"), operation: "list repositories" };
        let filtered = |columns: &str| {
            let mut sql = Sql::new(format!("SELECT {columns} {FROM} WHERE 1 = 1"));
            if let Some(pool) = filter.pool_id {
                sql = sql.push(" AND r.pool_id = ").push_bind(pool);
            }
            if let Some(server) = filter.server_id {
                sql = sql.push(" AND r.server_id = ").push_bind(server);
            }
            match &filter.text {
                // A path is plain ASCII.
                Some(text) => sql.push_search(&["r.name_key", "LOWER(r.path)", "p.name_key"], text),
                None => sql,
            }
        };
        let key = |row: &RepositoryRow| (row.name.to_lowercase(), row.id.get());
        LIST.page(self.read(), request, filtered, key).await
    }

    /// All of them, by name: for work that looks at each.
    pub async fn all_repositories(&self) -> Result<Vec<RepositoryRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} {FROM} ORDER BY r.name_key, r.id"));
        sql.all(self.read(), "read the repositories").await
    }

    /// Where these repositories lie below their pools.
    pub async fn repository_paths(&self, ids: &[RepoId]) -> Result<HashMap<RepoId, String>, CatalogError> {
        let ids = ids.iter().map(|id| id.get()).collect();
        let paths = self.names_by_id("SELECT id, path AS name FROM repositories", ids).await?;
        Ok(paths.into_iter().map(|(id, path)| (RepoId::new(id), path)).collect())
    }

    pub async fn repositories_of_pool(&self, pool: PoolId) -> Result<Vec<RepositoryRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} {FROM} WHERE r.pool_id = $1 ORDER BY r.path")).bind(pool);
        sql.all(self.read(), "list a pool's repositories").await
    }

    /// By user name; `text` is part of it.
    pub async fn repo_clients(
        &self,
        repository: RepoId,
        text: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<RepoClientRow>, CatalogError> {
        const LIST: ByName =
            ByName { columns: CLIENT, order: ("username", "id"), operation: "list a repository's clients" };
        let filtered = |columns: &str| {
            let sql = format!("SELECT {columns} FROM repository_clients WHERE repository_id = ");
            let sql = Sql::new(sql).push_bind(repository);
            match text {
                Some(text) => sql.push_search(&["LOWER(username)"], text),
                None => sql,
            }
        };
        LIST.page(self.read(), request, filtered, |row: &RepoClientRow| (row.username.clone(), row.id.get())).await
    }

    pub async fn repo_client_by_username(&self, username: &str) -> Result<Option<RepoClientRow>, CatalogError> {
        let sql = format!("SELECT {CLIENT} FROM repository_clients WHERE username = $1");
        Sql::new(sql).bind(username).first(self.read(), "read a repository's client").await
    }
}

impl WriteTx {
    /// The row of a repository whose files are still to be made.
    pub async fn insert_repository(&mut self, new: &NewRepository, now: Timestamp) -> Result<RepoId, CatalogError> {
        Sql::new(
            "INSERT INTO repositories (uid, pool_id, server_id, name, path, state, password, stored_bytes, \
             snapshot_count, created_at, version, name_key) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, 1, $9) \
             RETURNING id",
        )
        .bind(&new.uid)
        .bind(new.pool_id)
        .bind(new.server_id)
        .bind(&new.name)
        .bind(&new.path)
        .bind(RepositoryState::Creating)
        .bind(&new.password)
        .bind(now)
        .bind(new.name.to_lowercase())
        .one(&self.tx, "add a repository")
        .await
    }

    /// Its files are there.
    pub async fn set_repository_ready(&mut self, id: RepoId, uuid: &str, now: Timestamp) -> Result<(), CatalogError> {
        let touched = Sql::new("UPDATE repositories SET state = $1, repository_uuid = $2 WHERE id = $3")
            .bind(RepositoryState::Ready)
            .bind(uuid)
            .bind(id)
            .run(&self.tx, "finish a repository")
            .await?;
        self.touched_or_stale(touched, "repositories", RepoId::WHAT, id.get()).await?;
        self.append_event(Topic::Repositories, "created", id, &json!({}), now).await
    }

    /// Of its row only; the files stay. `version` is the one that the caller read.
    pub async fn rename_repository(
        &mut self,
        id: RepoId,
        name: &str,
        version: i64,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        let touched = Sql::new(
            "UPDATE repositories SET name = $1, name_key = $4, version = version + 1 WHERE id = $2 AND version = $3",
        )
        .bind(name)
        .bind(id)
        .bind(version)
        .bind(name.to_lowercase())
        .run(&self.tx, "rename a repository")
        .await?;
        self.touched_or_stale(touched, "repositories", RepoId::WHAT, id.get()).await?;
        self.append_event(Topic::Repositories, "changed", id, &json!({ "name": name }), now).await
    }

    /// Removes the row with its snapshots and clients; the files stay. Not while a plan writes to it.
    pub async fn delete_repository(&mut self, id: RepoId, version: i64, now: Timestamp) -> Result<(), CatalogError> {
        let used: Option<String> = Sql::new("SELECT name FROM plans WHERE repository_id = $1 ORDER BY name")
            .bind(id)
            .first(&self.tx, "look for plans of a repository")
            .await?;
        if let Some(name) = used {
            return Err(CatalogError::InUse { what: RepoId::WHAT, id: id.get(), by: name });
        }
        let touched = Sql::new("DELETE FROM repositories WHERE id = $1 AND version = $2")
            .bind(id)
            .bind(version)
            .run(&self.tx, "remove a repository")
            .await?;
        self.touched_or_stale(touched, "repositories", RepoId::WHAT, id.get()).await?;
        self.append_event(Topic::Repositories, "deleted", id, &json!({}), now).await
    }

    pub async fn record_check(&mut self, id: RepoId, check: &CheckOutcome) -> Result<(), CatalogError> {
        Sql::new("UPDATE repositories SET checked_at = $1, check_ok = $2, check_message = $3 WHERE id = $4")
            .bind(check.at)
            .bind(Some(check.is_sound))
            .bind(check.message.as_deref())
            .bind(id)
            .run(&self.tx, "note a check")
            .await?;
        self.append_event(Topic::Repositories, "checked", id, &json!({ "ok": check.is_sound }), check.at).await
    }

    pub async fn set_stored_bytes(
        &mut self,
        id: RepoId,
        stored_bytes: u64,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new("UPDATE repositories SET stored_bytes = $1 WHERE id = $2")
            .bind(stored_bytes)
            .bind(id)
            .run(&self.tx, "note a repository's size")
            .await?;
        self.append_event(Topic::Repositories, "changed", id, &json!({ "storedBytes": stored_bytes }), now).await
    }

    /// Counts a repository's snapshots anew.
    pub async fn count_snapshots(&mut self, id: RepoId) -> Result<(), CatalogError> {
        Sql::new(
            "UPDATE repositories SET snapshot_count = (SELECT COUNT(*) FROM snapshots WHERE repository_id = $1 \
             AND vanished_at IS NULL) WHERE id = $1",
        )
        .bind(id)
        .run(&self.tx, "count a repository's snapshots")
        .await?;
        Ok(())
    }

    /// A recovery kit was shown: the code that confirms it, and it is not confirmed yet.
    pub async fn set_kit_code(&mut self, id: RepoId, code: &str, now: Timestamp) -> Result<(), CatalogError> {
        let touched = Sql::new("UPDATE repositories SET kit_code = $1, kit_confirmed_at = NULL WHERE id = $2")
            .bind(code)
            .bind(id)
            .run(&self.tx, "note a recovery kit")
            .await?;
        self.touched_or_stale(touched, "repositories", RepoId::WHAT, id.get()).await?;
        self.append_event(Topic::Repositories, "changed", id, &json!({ "recoveryKitConfirmed": false }), now).await
    }

    /// Whether the code was the right one.
    pub async fn confirm_kit(&mut self, id: RepoId, code: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let touched =
            Sql::new("UPDATE repositories SET kit_confirmed_at = $1, kit_code = NULL WHERE id = $2 AND kit_code = $3")
                .bind(now)
                .bind(id)
                .bind(code)
                .run(&self.tx, "confirm a recovery kit")
                .await?;
        if touched > 0 {
            let data = json!({ "recoveryKitConfirmed": true });
            self.append_event(Topic::Repositories, "changed", id, &data, now).await?;
        }
        Ok(touched > 0)
    }

    pub async fn insert_repo_client(
        &mut self,
        new: &NewRepoClient,
        now: Timestamp,
    ) -> Result<RepoClientId, CatalogError> {
        Sql::new(
            "INSERT INTO repository_clients (repository_id, username, password_hash, mode, quota_bytes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(new.repository_id)
        .bind(&new.username)
        .bind(&new.password_hash)
        .bind(new.mode)
        .bind(new.quota_bytes)
        .bind(now)
        .one(&self.tx, "add a repository's client")
        .await
    }

    pub async fn delete_repo_client(&mut self, repository: RepoId, id: RepoClientId) -> Result<(), CatalogError> {
        let touched = Sql::new("DELETE FROM repository_clients WHERE id = $1 AND repository_id = $2")
            .bind(id)
            .bind(repository)
            .run(&self.tx, "remove a repository's client")
            .await?;
        match touched {
            0 => Err(CatalogError::NotFound { what: RepoClientId::WHAT, id: id.get() }),
            _ => Ok(()),
        }
    }

    pub async fn touch_repo_client(&mut self, id: RepoClientId, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE repository_clients SET last_used_at = $1 WHERE id = $2")
            .bind(now)
            .bind(id)
            .run(&self.tx, "note the use of a client")
            .await?;
        Ok(())
    }
}
