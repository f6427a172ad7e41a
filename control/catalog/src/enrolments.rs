//! One-time tokens by which an unknown key becomes that of a server's agent. Only their hashes are kept.

use jiff::Timestamp;
use rempart_model::{ServerId, UserId};

use crate::sql::{FromRow, Row, Sql};
use crate::{CatalogError, WriteTx};

/// A token that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRow {
    pub id: i64,
    pub server_id: ServerId,
    /// SHA-256, base64.
    pub token_hash: String,
    pub expires_at: Timestamp,
    /// Who asked for it; None where an installation of this server's made it for itself.
    pub created_by: Option<UserId>,
    /// The key that came with it.
    pub used_by: Option<String>,
}

impl FromRow for EnrolmentRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.get("id")?,
            server_id: row.id("server_id")?,
            token_hash: row.get("token_hash")?,
            expires_at: row.time("expires_at")?,
            created_by: row.opt_id("created_by")?,
            used_by: row.get("used_by")?,
        })
    }
}

impl WriteTx {
    /// A new token for this server; those that were given out before and not used are no good any more.
    pub async fn insert_enrolment(
        &mut self,
        server: ServerId,
        token_hash: &str,
        expires_at: Timestamp,
        by: Option<UserId>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        self.drop_enrolments(server).await?;
        Sql::new(
            "INSERT INTO enrolments (server_id, token_hash, created_by, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(server)
        .bind(token_hash)
        .bind(by)
        .bind(now)
        .bind(expires_at)
        .run(&self.tx, "make an enrolment token")
        .await
        .map(|_| ())
    }

    /// Tokens that were given out for a server and not used are no good any more.
    pub async fn drop_enrolments(&mut self, server: ServerId) -> Result<(), CatalogError> {
        Sql::new("DELETE FROM enrolments WHERE server_id = $1 AND used_by IS NULL")
            .bind(server)
            .run(&self.tx, "take back enrolment tokens")
            .await
            .map(|_| ())
    }

    pub async fn enrolment(&mut self, token_hash: &str) -> Result<Option<EnrolmentRow>, CatalogError> {
        Sql::new(
            "SELECT id, server_id, token_hash, expires_at, created_by, used_by FROM enrolments WHERE token_hash = $1",
        )
        .bind(token_hash)
        .first(&self.tx, "recognise an enrolment token")
        .await
    }

    /// The token is this key's. False where another key was first.
    pub async fn use_enrolment(&mut self, id: i64, key: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let used = Sql::new(
            "UPDATE enrolments SET used_at = COALESCE(used_at, $1), used_by = $2 \
             WHERE id = $3 AND (used_by IS NULL OR used_by = $2)",
        )
        .bind(now)
        .bind(key)
        .bind(id)
        .run(&self.tx, "use an enrolment token")
        .await?;
        Ok(used == 1)
    }
}
