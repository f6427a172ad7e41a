//! From where on a server's figures raise alerts, where that differs from the others.

use jiff::Timestamp;
use rempart_model::ServerId;
use rempart_policy::Thresholds;
use serde_json::json;

use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Topic, WriteTx};

/// Of one server; version 0 is the one that nobody has written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServerThresholds {
    /// `None`: those of the settings.
    pub own: Option<Thresholds>,
    pub version: i64,
}

impl FromRow for ServerThresholds {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { own: row.opt_json("thresholds")?, version: row.get("version")? })
    }
}

impl Catalog {
    pub async fn server_thresholds(&self, server: ServerId) -> Result<ServerThresholds, CatalogError> {
        let found = Sql::new("SELECT thresholds, version FROM server_thresholds WHERE server_id = $1")
            .bind(server)
            .first(self.read(), "read a server's thresholds")
            .await?;
        Ok(found.unwrap_or_default())
    }
}

impl WriteTx {
    /// Writes them over the version that was read; the new version.
    pub async fn put_server_thresholds(
        &mut self,
        server: ServerId,
        version: i64,
        own: Option<&Thresholds>,
        now: Timestamp,
    ) -> Result<i64, CatalogError> {
        let text = own.map(|own| serde_json::to_string(own).expect("numbers are plain JSON"));
        let written = Sql::new(
            "INSERT INTO server_thresholds (server_id, thresholds, version) VALUES ($1, $2, CAST($3 AS BIGINT) + 1) \
             ON CONFLICT (server_id) DO UPDATE SET thresholds = excluded.thresholds, version = excluded.version \
             WHERE server_thresholds.version = $3",
        )
        .bind(server)
        .bind(text.as_deref())
        .bind(version)
        .run(&self.tx, "write a server's thresholds")
        .await?;
        if written == 0 {
            return Err(CatalogError::Stale { what: ServerId::WHAT, id: server.get() });
        }
        self.append_event(Topic::Stats, "thresholds", server, &json!({}), now).await?;
        Ok(version + 1)
    }
}
