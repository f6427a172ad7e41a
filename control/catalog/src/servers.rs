//! Protected machines.

use std::collections::HashMap;

use jiff::Timestamp;
use rempart_model::ServerId;

use crate::by_name::{ByName, Named};
use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, WriteTx};

/// A protected machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRow {
    pub id: ServerId,
    pub name: String,
    /// The machine that the server itself runs on.
    pub is_local: bool,
    pub address: Option<String>,
    pub os: Option<String>,
    pub host_name: Option<String>,
    pub labels: Vec<String>,
    pub last_seen_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub version: i64,
    pub plan_count: u64,
}

/// What this machine tells of itself at every start.
#[derive(Debug, Clone)]
pub struct LocalServer {
    pub name: String,
    pub address: Option<String>,
    pub os: Option<String>,
    pub host_name: String,
}

const COLUMNS: &str = "id, name, is_local, address, os, host_name, labels, last_seen_at, created_at, version, \
                       (SELECT COUNT(*) FROM plans WHERE plans.server_id = servers.id) AS plan_count";

impl FromRow for ServerRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            name: row.get("name")?,
            is_local: row.get("is_local")?,
            address: row.get("address")?,
            os: row.get("os")?,
            host_name: row.get("host_name")?,
            labels: row.json("labels")?,
            last_seen_at: row.opt_time("last_seen_at")?,
            created_at: row.time("created_at")?,
            version: row.get("version")?,
            plan_count: row.number("plan_count")?,
        })
    }
}

impl Catalog {
    pub async fn server(&self, id: ServerId) -> Result<ServerRow, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM servers WHERE id = $1")).bind(id);
        let found = sql.first(self.read(), "read a server").await?;
        found.ok_or(CatalogError::NotFound { what: ServerId::WHAT, id: id.get() })
    }

    /// This machine first, then by name; `text` is part of the name.
    pub async fn servers(&self, text: Option<&str>, request: &PageRequest) -> Result<Page<ServerRow>, CatalogError> {
        // No name is empty: this machine's place is before all of them.
        const PLACE: &str = "CASE WHEN is_local THEN '' ELSE name_key END";
        const LIST: ByName = ByName { columns: COLUMNS, order: (PLACE, "id"), operation: "list servers" };
        let filtered = |columns: &str| {
            let sql = Sql::new(format!("SELECT {columns} FROM servers WHERE 1 = 1"));
            match text {
                Some(text) => sql.push_search(&["name_key"], text),
                None => sql,
            }
        };
        let place = |row: &ServerRow| if row.is_local { String::new() } else { row.name.to_lowercase() };
        LIST.page(self.read(), request, filtered, |row: &ServerRow| (place(row), row.id.get())).await
    }

    /// What these servers are called.
    pub async fn server_names(&self, ids: &[ServerId]) -> Result<HashMap<ServerId, String>, CatalogError> {
        let ids = ids.iter().map(|id| id.get()).collect();
        let names = self.names_by_id("SELECT id, name FROM servers", ids).await?;
        Ok(names.into_iter().map(|(id, name)| (ServerId::new(id), name)).collect())
    }

    /// The servers by the names of their hosts, as snapshots name them.
    pub async fn servers_by_host(&self) -> Result<HashMap<String, ServerId>, CatalogError> {
        let sql = Sql::new("SELECT id, host_name AS name FROM servers WHERE host_name IS NOT NULL ORDER BY id DESC");
        let rows: Vec<Named> = sql.all(self.read(), "read the servers' hosts").await?;
        Ok(rows.into_iter().map(|row| (row.name, ServerId::new(row.id))).collect())
    }

    /// The machine that the server itself runs on, once it was registered.
    pub async fn local_server(&self) -> Result<Option<ServerRow>, CatalogError> {
        let sql = Sql::new(format!("SELECT {COLUMNS} FROM servers WHERE is_local ORDER BY id"));
        sql.first(self.read(), "read this machine's server").await
    }
}

impl WriteTx {
    /// Registers this machine, or brings what is known of it up to date. Its name stays as it was first: repositories
    /// lie under it.
    pub async fn register_local_server(
        &mut self,
        local: &LocalServer,
        now: Timestamp,
    ) -> Result<ServerId, CatalogError> {
        let known: Option<ServerId> = Sql::new("SELECT id FROM servers WHERE is_local ORDER BY id")
            .first(&self.tx, "read this machine's server")
            .await?;
        if let Some(id) = known {
            Sql::new("UPDATE servers SET address = $1, os = $2, host_name = $3, last_seen_at = $4 WHERE id = $5")
                .bind(local.address.as_deref())
                .bind(local.os.as_deref())
                .bind(&local.host_name)
                .bind(now)
                .bind(id)
                .run(&self.tx, "update this machine's server")
                .await?;
            return Ok(id);
        }
        Sql::new(
            "INSERT INTO servers (name, name_key, is_local, address, os, host_name, labels, last_seen_at, created_at, \
             version) VALUES ($1, $7, TRUE, $2, $3, $4, $5, $6, $6, 1) RETURNING id",
        )
        .bind(&local.name)
        .bind(local.address.as_deref())
        .bind(local.os.as_deref())
        .bind(&local.host_name)
        .bind(Json(&Vec::<String>::new()))
        .bind(now)
        .bind(local.name.to_lowercase())
        .one(&self.tx, "register this machine")
        .await
    }
}
