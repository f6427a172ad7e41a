//! Servers that people add, rename and remove.

use jiff::Timestamp;
use rempart_model::{AlertSubject, ServerId};
use serde_json::json;

use crate::sql::{Json, Sql};
use crate::{CatalogError, Topic, WriteTx};

impl WriteTx {
    /// A machine that an agent will call from.
    pub async fn insert_server(
        &mut self,
        name: &str,
        address: Option<&str>,
        labels: &[String],
        now: Timestamp,
    ) -> Result<ServerId, CatalogError> {
        let id: ServerId = Sql::new(
            "INSERT INTO servers (name, name_key, is_local, address, labels, created_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, 1) RETURNING id",
        )
        .bind(name)
        .bind(name.to_lowercase())
        .bind(false)
        .bind(address)
        .bind(Json(&labels))
        .bind(now)
        .one(&self.tx, "add a server")
        .await?;
        self.insert_agent(id).await?;
        self.append_event(Topic::Servers, "created", id, &json!({ "name": name }), now).await?;
        Ok(id)
    }

    /// Changes what people say of a server, over the version that was read; the new version.
    pub async fn update_server(
        &mut self,
        id: ServerId,
        version: i64,
        name: &str,
        address: Option<&str>,
        labels: &[String],
        now: Timestamp,
    ) -> Result<i64, CatalogError> {
        let changed = Sql::new(
            "UPDATE servers SET name = $1, name_key = $6, address = $2, labels = $3, version = version + 1 \
             WHERE id = $4 AND version = $5",
        )
        .bind(name)
        .bind(address)
        .bind(Json(&labels))
        .bind(id)
        .bind(version)
        .bind(name.to_lowercase())
        .run(&self.tx, "change a server")
        .await?;
        if changed == 0 {
            return Err(CatalogError::Stale { what: ServerId::WHAT, id: id.get() });
        }
        self.append_event(Topic::Servers, "changed", id, &json!({ "name": name }), now).await?;
        Ok(version + 1)
    }

    /// Removes a server with its agent's key. Refused while a plan protects it or a repository is its own; what was backed up
    /// of it stays.
    pub async fn delete_server(&mut self, id: ServerId, version: i64, now: Timestamp) -> Result<(), CatalogError> {
        for (table, order) in [("plans", "plans.name"), ("repositories", "repositories.name")] {
            let user: Option<String> =
                Sql::new(format!("SELECT name FROM {table} WHERE server_id = $1 ORDER BY {order} LIMIT 1"))
                    .bind(id)
                    .first(&self.tx, "look who uses a server")
                    .await?;
            if let Some(by) = user {
                return Err(CatalogError::InUse { what: ServerId::WHAT, id: id.get(), by });
            }
        }
        self.revoke_agent_key(id, now).await?;
        self.forget_alerts(AlertSubject::Server, id.get()).await?;
        let deleted = Sql::new("DELETE FROM servers WHERE id = $1 AND version = $2 AND is_local = $3")
            .bind(id)
            .bind(version)
            .bind(false)
            .run(&self.tx, "remove a server")
            .await?;
        if deleted == 0 {
            return Err(CatalogError::Stale { what: ServerId::WHAT, id: id.get() });
        }
        self.append_event(Topic::Servers, "deleted", id, &json!({}), now).await
    }
}
