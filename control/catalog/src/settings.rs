//! What administrators decide while the server runs: documents by name, each with a version.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Topic, WriteTx};

/// A document; version 0 is the one that nobody has written yet.
#[derive(Debug, Clone)]
pub struct SettingsRow<T> {
    pub value: T,
    pub version: i64,
}

impl<T: DeserializeOwned> FromRow for SettingsRow<T> {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { value: row.json("value")?, version: row.get("version")? })
    }
}

impl Catalog {
    /// The document of this name, or its default.
    pub async fn settings<T: DeserializeOwned + Default>(&self, name: &str) -> Result<SettingsRow<T>, CatalogError> {
        let found = Sql::new("SELECT value, version FROM settings WHERE name = $1")
            .bind(name)
            .first(self.read(), "read settings")
            .await?;
        Ok(found.unwrap_or_else(|| SettingsRow { value: T::default(), version: 0 }))
    }
}

impl WriteTx {
    /// Writes a document over the version that was read; the new version.
    pub async fn put_settings<T: Serialize>(
        &mut self,
        name: &str,
        version: i64,
        value: &T,
        now: Timestamp,
    ) -> Result<i64, CatalogError> {
        let written = if version == 0 {
            Sql::new(
                "INSERT INTO settings (name, value, version, updated_at) VALUES ($1, $2, 1, $3) \
                 ON CONFLICT (name) DO NOTHING",
            )
            .bind(name)
            .bind(Json(value))
            .bind(now)
            .run(&self.tx, "write settings")
            .await?
        } else {
            Sql::new(
                "UPDATE settings SET value = $2, updated_at = $3, version = version + 1 WHERE name = $1 AND version = $4",
            )
            .bind(name)
            .bind(Json(value))
            .bind(now)
            .bind(version)
            .run(&self.tx, "write settings")
            .await?
        };
        if written == 0 {
            return Err(CatalogError::Stale { what: "settings", id: version });
        }
        self.append_event(Topic::Settings, "changed", 0_i64, &json!({ "name": name }), now).await?;
        Ok(version + 1)
    }
}
