//! Installations of agents that have not settled yet, and the keys that they take the place of.

use jiff::Timestamp;
use rempart_model::ServerId;
use serde_json::json;

use crate::sql::{FromRow, Row, Sql};
use crate::{CatalogError, Topic, WriteTx};

/// What a server had before.
struct Former {
    key: Option<String>,
    enrolled_at: Option<Timestamp>,
}

impl FromRow for Former {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self { key: row.get("former_key")?, enrolled_at: row.opt_time("former_enrolled_at")? })
    }
}

impl WriteTx {
    /// Remembers the key that a server's agent has now. Where an installation before this one did not settle, what that one
    /// found is what counts; true where it has put a key of its own in its place.
    pub async fn begin_agent_install(&mut self, server: ServerId, now: Timestamp) -> Result<bool, CatalogError> {
        let begun = Sql::new(
            "INSERT INTO agent_installs (server_id, former_key, former_enrolled_at, begun_at) \
             SELECT server_id, public_key, enrolled_at, $1 FROM agents WHERE server_id = $2 \
             ON CONFLICT (server_id) DO NOTHING",
        )
        .bind(now)
        .bind(server)
        .run(&self.tx, "begin an installation")
        .await?;
        if begun == 1 {
            return Ok(false);
        }
        let enrolled: Option<i64> = Sql::new(
            "SELECT a.server_id FROM agents a JOIN agent_installs i ON i.server_id = a.server_id \
             WHERE a.server_id = $1 AND a.public_key <> COALESCE(i.former_key, '')",
        )
        .bind(server)
        .first(&self.tx, "begin an installation")
        .await?;
        Ok(enrolled.is_some())
    }

    /// The key that the server has now stays; the one before it is of no interest any more.
    pub async fn settle_agent_install(&mut self, server: ServerId) -> Result<(), CatalogError> {
        Sql::new("DELETE FROM agent_installs WHERE server_id = $1")
            .bind(server)
            .run(&self.tx, "settle an installation")
            .await
            .map(|_| ())
    }

    /// Gives the server the key back that it had, and revokes one that came by the installation; whether there was one.
    /// Nothing happens where no installation is open.
    pub async fn take_back_agent_install(&mut self, server: ServerId, now: Timestamp) -> Result<bool, CatalogError> {
        let found: Option<Former> =
            Sql::new("SELECT former_key, former_enrolled_at FROM agent_installs WHERE server_id = $1")
                .bind(server)
                .first(&self.tx, "take back an installation")
                .await?;
        let Some(former) = found else { return Ok(false) };
        self.settle_agent_install(server).await?;
        let is_revoked = self.take_agent_key(server, former.key.as_deref(), now).await?;
        let Some(key) = former.key.filter(|_| is_revoked) else { return Ok(is_revoked) };
        // Another server's by now: a key is of one machine.
        let given = Sql::new(
            "UPDATE agents SET public_key = $1, enrolled_at = $2 WHERE server_id = $3 \
             AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.public_key = $1)",
        )
        .bind(&key)
        .bind(former.enrolled_at)
        .bind(server)
        .run(&self.tx, "give an agent its key back")
        .await?;
        if given == 1 {
            Sql::new("DELETE FROM revoked_agent_keys WHERE public_key = $1")
                .bind(&key)
                .run(&self.tx, "give an agent its key back")
                .await?;
            self.append_event(Topic::Servers, "enrolled", server, &json!({}), now).await?;
        }
        Ok(is_revoked)
    }
}
