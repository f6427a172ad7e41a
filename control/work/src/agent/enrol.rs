//! Who may come in: an agent whose key is known, or one that shows a token that was given out for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{CatalogError, CatalogErrorKind};
use rempart_model::{ServerId, UserId};
use rempart_protocol::handshake::{Purpose, Visitor};
use rempart_protocol::{Enrolment, EnrolmentToken, PublicKey, Refusal, RefusalCode, TokenHash};

use crate::Work;
use crate::trouble::Result;

impl Work {
    /// A new token by which the agent of a server enrols, and until when. One that was given out before and not used is no
    /// good any more.
    pub async fn make_enrolment(
        &self,
        server: ServerId,
        valid: SignedDuration,
        by: Option<UserId>,
    ) -> Result<(EnrolmentToken, Timestamp)> {
        let (token, now) = (EnrolmentToken::generate(), Timestamp::now());
        let expires_at = now.checked_add(valid).unwrap_or(Timestamp::MAX);
        let mut tx = self.catalog.begin().await?;
        tx.insert_enrolment(server, &BASE64.encode(token.hash().0), expires_at, by, now).await?;
        tx.commit().await?;
        Ok((token, expires_at))
    }

    /// Whose agent a visitor is, who has proved to hold its key. A token counts on the control channel only.
    pub async fn recognise_agent(&self, visitor: &Visitor) -> Result<ServerId, Refusal> {
        let key = visitor.key.to_string();
        if let Some(agent) = self.catalog.agent_by_key(&key).await.map_err(unavailable)? {
            return Ok(agent.server_id);
        }
        match &visitor.token {
            Some(token) if visitor.purpose == Purpose::Control => self.enrol(token, &visitor.key).await,
            _ if self.catalog.is_revoked_agent_key(&key).await.map_err(unavailable)? => {
                Err(Refusal::new(RefusalCode::Revoked, ""))
            }
            _ => Err(Refusal::new(RefusalCode::UnknownAgent, "")),
        }
    }

    async fn enrol(&self, token: &EnrolmentToken, key: &PublicKey) -> Result<ServerId, Refusal> {
        let now = Timestamp::now();
        let unknown = || Refusal::new(RefusalCode::TokenUnknown, "");
        let mut tx = self.catalog.begin().await.map_err(unavailable)?;
        let row = tx.enrolment(&BASE64.encode(token.hash().0)).await.map_err(unavailable)?.ok_or_else(unknown)?;
        let hash = BASE64.decode(&row.token_hash).ok().and_then(|hash| hash.try_into().ok()).ok_or_else(unknown)?;
        let used_by = row.used_by.as_deref().map(|key| PublicKey::parse(key).ok_or_else(unknown)).transpose()?;
        Enrolment { hash: TokenHash(hash), expires_at: row.expires_at, used_by }.admit(token, key, now)?;
        if row.used_by.is_some() {
            // It was this key's, which was revoked since, or it would have been known.
            return Err(Refusal::new(RefusalCode::TokenUsed, ""));
        }
        if !tx.use_enrolment(row.id, &key.to_string(), now).await.map_err(unavailable)? {
            return Err(Refusal::new(RefusalCode::TokenUsed, ""));
        }
        if row.created_by.is_some() {
            // Somebody has put an agent there by hand: no installation that was left open gives another key back.
            tx.settle_agent_install(row.server_id).await.map_err(unavailable)?;
        }
        tx.set_agent_key(row.server_id, &key.to_string(), now).await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        tracing::info!(server = row.server_id.get(), %key, "an agent has enrolled");
        Ok(row.server_id)
    }
}

/// The agent tries again later.
fn unavailable(error: CatalogError) -> Refusal {
    if error.kind() == CatalogErrorKind::Taken {
        return Refusal::new(RefusalCode::Foreign, "this key is another server's agent's");
    }
    tracing::error!(%error, "an agent could not be recognised");
    Refusal::new(RefusalCode::Aborted, "the server cannot read its catalog now; try again")
}
