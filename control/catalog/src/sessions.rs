//! Sessions of browsers and tokens of programs: only hashes of what is sent.

use jiff::Timestamp;
use rempart_model::{Role, SessionId, TokenId, UserId};
use serde_json::json;

use crate::by_name::ByName;
use crate::sql::{FromRow, Json, Row, Sql};
use crate::{Catalog, CatalogError, Page, PageRequest, Topic, WriteTx};

/// Where a person is signed in.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    pub user_id: UserId,
    pub csrf_token: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}

/// What makes a session.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub user_id: UserId,
    pub token_hash: String,
    pub csrf_token: String,
    pub expires_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}

/// A program's token.
#[derive(Debug, Clone)]
pub struct TokenRow {
    pub id: TokenId,
    pub user_id: UserId,
    pub owner: String,
    pub name: String,
    /// Names of permissions.
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// What makes a token.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub user_id: UserId,
    pub name: String,
    pub token_hash: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// A credential together with the user it stands for, who is not disabled.
#[derive(Debug, Clone)]
pub struct Recognised<T> {
    pub credential: T,
    pub name: String,
    pub role: Role,
    pub language: Option<String>,
}

impl FromRow for SessionRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            user_id: row.id("user_id")?,
            csrf_token: row.get("csrf_token")?,
            created_at: row.time("created_at")?,
            last_seen_at: row.time("last_seen_at")?,
            expires_at: row.time("expires_at")?,
            address: row.get("address")?,
            user_agent: row.get("user_agent")?,
        })
    }
}

impl FromRow for TokenRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            user_id: row.id("user_id")?,
            owner: row.get("user_name")?,
            name: row.get("name")?,
            scopes: row.json("scopes")?,
            created_at: row.time("created_at")?,
            expires_at: row.opt_time("expires_at")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

impl<T: FromRow> FromRow for Recognised<T> {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            credential: T::from_row(row)?,
            name: row.get("user_name")?,
            role: row.word("role")?,
            language: row.get("language")?,
        })
    }
}

const SESSION: &str =
    "s.id, s.user_id, s.csrf_token, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent";
const TOKEN: &str =
    "t.id, t.user_id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, u.name AS user_name";

impl Catalog {
    /// The live session of this hash.
    pub async fn session_by_hash(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Recognised<SessionRow>>, CatalogError> {
        Sql::new(format!(
            "SELECT {SESSION}, u.name AS user_name, u.role, u.language FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.disabled = $3"
        ))
        .bind(token_hash)
        .bind(now)
        .bind(false)
        .first(self.read(), "recognise a session")
        .await
    }

    /// The live token of this hash.
    pub async fn token_by_hash(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Recognised<TokenRow>>, CatalogError> {
        Sql::new(format!(
            "SELECT {TOKEN}, u.role, u.language FROM api_tokens t JOIN users u ON u.id = t.user_id \
             WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.disabled = $3"
        ))
        .bind(token_hash)
        .bind(now)
        .bind(false)
        .first(self.read(), "recognise a token")
        .await
    }

    /// The live sessions of a user, the last used first; `text` is part of the address or of what the browser says of itself.
    pub async fn sessions_of(
        &self,
        user: UserId,
        text: Option<&str>,
        now: Timestamp,
        request: &PageRequest,
    ) -> Result<Page<SessionRow>, CatalogError> {
        const SORT: &str = "lastSeen";
        const OPERATION: &str = "list sessions";
        let filtered = |columns: &str| {
            let sql = Sql::new(format!("SELECT {columns} FROM sessions s WHERE s.user_id = ")).push_bind(user);
            let sql = sql.push(" AND s.expires_at > ").push_bind(now);
            match text {
                Some(text) => sql.push_search(&["LOWER(s.address)", "LOWER(s.user_agent)"], text),
                None => sql,
            }
        };
        let mut sql = filtered(SESSION);
        if let Some((seen_at, id)) = request.after::<(i64, i64)>(SORT)? {
            sql = sql.push(" AND (s.last_seen_at, s.id) < (").push_bind(seen_at).push(", ").push_bind(id).push(")");
        }
        let rows: Vec<SessionRow> = sql
            .push(" ORDER BY s.last_seen_at DESC, s.id DESC LIMIT ")
            .push_bind(request.limit() as i64 + 1)
            .all(self.read(), OPERATION)
            .await?;
        let total = match request.total_known(rows.len()) {
            Some(known) => known,
            None => filtered("1").counted().one::<i64>(self.read(), OPERATION).await?.unsigned_abs(),
        };
        let key = |row: &SessionRow| (row.last_seen_at.as_millisecond(), row.id.get());
        Ok(Page::of(rows, request, SORT, key, total))
    }

    /// The tokens of a user, or of everybody, by name; `text` is part of the name or of the owner's.
    pub async fn tokens(
        &self,
        user: Option<UserId>,
        text: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<TokenRow>, CatalogError> {
        const LIST: ByName = ByName { columns: TOKEN, order: ("t.name_key", "t.id"), operation: "list tokens" };
        let filtered = |columns: &str| {
            let from = "FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE 1 = 1";
            let mut sql = Sql::new(format!("SELECT {columns} {from}"));
            if let Some(user) = user {
                sql = sql.push(" AND t.user_id = ").push_bind(user);
            }
            match text {
                Some(text) => sql.push_search(&["t.name_key", "u.name_key"], text),
                None => sql,
            }
        };
        LIST.page(self.read(), request, filtered, |row: &TokenRow| (row.name.to_lowercase(), row.id.get())).await
    }

    /// How many tokens a user has, those that have expired included.
    pub async fn count_tokens(&self, user: UserId) -> Result<u64, CatalogError> {
        let count: i64 = Sql::new("SELECT COUNT(*) FROM api_tokens WHERE user_id = $1")
            .bind(user)
            .one(self.read(), "count a user's tokens")
            .await?;
        Ok(count.unsigned_abs())
    }

    pub async fn token(&self, id: TokenId) -> Result<TokenRow, CatalogError> {
        Sql::new(format!("SELECT {TOKEN} FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1"))
            .bind(id)
            .first(self.read(), "read a token")
            .await?
            .ok_or(CatalogError::NotFound { what: TokenId::WHAT, id: id.get() })
    }
}

impl WriteTx {
    pub async fn insert_session(&mut self, session: &NewSession, now: Timestamp) -> Result<SessionId, CatalogError> {
        Sql::new(
            "INSERT INTO sessions (user_id, token_hash, csrf_token, created_at, last_seen_at, expires_at, address, user_agent)
             VALUES ($1, $2, $3, $4, $4, $5, $6, $7) RETURNING id",
        )
        .bind(session.user_id)
        .bind(&session.token_hash)
        .bind(&session.csrf_token)
        .bind(now)
        .bind(session.expires_at)
        .bind(&session.address)
        .bind(&session.user_agent)
        .one(&self.tx, "begin a session")
        .await
    }

    /// Somebody is still there: seen now, and valid until then.
    pub async fn touch_session(
        &mut self,
        id: SessionId,
        address: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), CatalogError> {
        Sql::new("UPDATE sessions SET last_seen_at = $2, expires_at = $3, address = $4 WHERE id = $1")
            .bind(id)
            .bind(now)
            .bind(expires_at)
            .bind(address)
            .run(&self.tx, "keep a session")
            .await
            .map(|_| ())
    }

    /// Ends one session of a user.
    pub async fn delete_session(&mut self, user: UserId, id: SessionId, now: Timestamp) -> Result<(), CatalogError> {
        let gone = Sql::new("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user)
            .run(&self.tx, "end a session")
            .await?;
        if gone == 0 {
            return Err(CatalogError::NotFound { what: SessionId::WHAT, id: id.get() });
        }
        self.credential_ended(user, now).await
    }

    /// Ends all sessions of a user but one.
    pub async fn delete_sessions_of(
        &mut self,
        user: UserId,
        but: Option<SessionId>,
        now: Timestamp,
    ) -> Result<u64, CatalogError> {
        let gone = Sql::new("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
            .bind(user)
            .bind(but.map_or(0, SessionId::get))
            .run(&self.tx, "end a user's sessions")
            .await?;
        if gone > 0 {
            self.credential_ended(user, now).await?;
        }
        Ok(gone)
    }

    /// Whoever holds a connection open for this user looks whether its credential still stands.
    async fn credential_ended(&mut self, user: UserId, now: Timestamp) -> Result<(), CatalogError> {
        self.append_event(Topic::Users, "credentialEnded", user, &json!({}), now).await
    }

    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64, CatalogError> {
        Sql::new("DELETE FROM sessions WHERE expires_at <= $1").bind(now).run(&self.tx, "remove old sessions").await
    }

    pub async fn insert_token(&mut self, token: &NewToken, now: Timestamp) -> Result<TokenId, CatalogError> {
        Sql::new(
            "INSERT INTO api_tokens (user_id, name, token_hash, scopes, created_at, expires_at, name_key)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(token.user_id)
        .bind(&token.name)
        .bind(&token.token_hash)
        .bind(Json(&token.scopes))
        .bind(now)
        .bind(token.expires_at)
        .bind(token.name.to_lowercase())
        .one(&self.tx, "add a token")
        .await
    }

    pub async fn touch_token(&mut self, id: TokenId, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now)
            .run(&self.tx, "note the use of a token")
            .await
            .map(|_| ())
    }

    pub async fn delete_token(&mut self, id: TokenId, now: Timestamp) -> Result<(), CatalogError> {
        let owner: Option<i64> = Sql::new("DELETE FROM api_tokens WHERE id = $1 RETURNING user_id")
            .bind(id)
            .first(&self.tx, "remove a token")
            .await?;
        let owner = owner.ok_or(CatalogError::NotFound { what: TokenId::WHAT, id: id.get() })?;
        self.credential_ended(UserId::new(owner), now).await
    }
}
