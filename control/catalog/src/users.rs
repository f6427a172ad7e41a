//! Users: who may sign in.

use jiff::Timestamp;
use rempart_model::{Role, UserId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::by_name::ByName;
use crate::sql::{FromRow, Row, Sql};
use crate::{Catalog, CatalogError, Dialect, Page, PageRequest, Topic, WriteTx};

/// A user as the catalog knows it.
#[derive(Clone)]
pub struct UserRow {
    pub id: UserId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// `fr`, `en`; None: the browser's.
    pub language: Option<String>,
    /// `auto`, `light`, `dark`.
    pub theme: String,
    /// argon2id, in PHC form.
    pub password_hash: String,
    /// Sealed; None where the second factor is off.
    pub totp_secret: Option<String>,
    /// The last time step that a code was taken for.
    pub totp_last_step: i64,
    /// Sealed; waits to be confirmed.
    pub totp_pending: Option<String>,
    pub totp_pending_at: Option<Timestamp>,
    pub disabled: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

/// What makes a user.
#[derive(Clone)]
pub struct NewUser {
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    pub language: Option<String>,
    pub password_hash: String,
}

/// What is changed; `None` leaves as it is.
#[derive(Clone, Default)]
pub struct UserChange {
    pub email: Option<Option<String>>,
    pub role: Option<Role>,
    pub language: Option<Option<String>>,
    pub theme: Option<String>,
    pub disabled: Option<bool>,
    pub password_hash: Option<String>,
}

const COLUMNS: &str = "id, name, email, role, language, theme, password_hash, totp_secret, totp_last_step, \
     totp_pending, totp_pending_at, disabled, version, created_at, updated_at, last_login_at";

impl FromRow for UserRow {
    fn from_row(row: &Row<'_>) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.word("role")?,
            language: row.get("language")?,
            theme: row.get("theme")?,
            password_hash: row.get("password_hash")?,
            totp_secret: row.get("totp_secret")?,
            totp_last_step: row.get("totp_last_step")?,
            totp_pending: row.get("totp_pending")?,
            totp_pending_at: row.opt_time("totp_pending_at")?,
            disabled: row.get("disabled")?,
            version: row.get("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            last_login_at: row.opt_time("last_login_at")?,
        })
    }
}

async fn find(db: &impl ConnectionTrait, id: UserId) -> Result<UserRow, CatalogError> {
    Sql::new(format!("SELECT {COLUMNS} FROM users WHERE id = $1"))
        .bind(id)
        .first(db, "read a user")
        .await?
        .ok_or(CatalogError::NotFound { what: UserId::WHAT, id: id.get() })
}

impl Catalog {
    pub async fn user(&self, id: UserId) -> Result<UserRow, CatalogError> {
        find(self.read(), id).await
    }

    /// By name, case aside.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<UserRow>, CatalogError> {
        Sql::new(format!("SELECT {COLUMNS} FROM users WHERE name_key = $1"))
            .bind(name.to_lowercase())
            .first(self.read(), "read a user by name")
            .await
    }

    pub async fn has_users(&self) -> Result<bool, CatalogError> {
        let some: Option<i64> = Sql::new("SELECT id FROM users LIMIT 1").first(self.read(), "look for users").await?;
        Ok(some.is_some())
    }

    /// In the order of their names; `text` is part of the name or of the mail address.
    pub async fn users(&self, text: Option<&str>, request: &PageRequest) -> Result<Page<UserRow>, CatalogError> {
        const LIST: ByName = ByName { columns: COLUMNS, order: ("name_key", "id"), operation: "list users" };
        let filtered = |columns: &str| {
            let sql = Sql::new(format!("SELECT {columns} FROM users WHERE 1 = 1"));
            match text {
                Some(text) => sql.push_search(&["name_key", "LOWER(email)"], text),
                None => sql,
            }
        };
        LIST.page(self.read(), request, filtered, |user: &UserRow| (user.name.to_lowercase(), user.id.get())).await
    }
}

impl WriteTx {
    /// The user as this transaction sees it.
    pub async fn user(&self, id: UserId) -> Result<UserRow, CatalogError> {
        find(&self.tx, id).await
    }

    /// Refuses a name that another user has ([`crate::CatalogErrorKind::Taken`]).
    pub async fn insert_user(&mut self, user: &NewUser, now: Timestamp) -> Result<UserRow, CatalogError> {
        let id: UserId = Sql::new(
            "INSERT INTO users (name, name_key, email, role, language, theme, password_hash, totp_last_step, disabled, \
                 version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, 'auto', $6, 0, $7, 1, $8, $8) RETURNING id",
        )
        .bind(&user.name)
        .bind(user.name.to_lowercase())
        .bind(user.email.clone())
        .bind(user.role)
        .bind(user.language.clone())
        .bind(&user.password_hash)
        .bind(false)
        .bind(now)
        .one(&self.tx, "add a user")
        .await?;
        self.append_event(Topic::Users, "created", id, &json!({ "name": user.name }), now).await?;
        self.user(id).await
    }

    /// The first user of a new server, and only the first: `None` where there is one already.
    pub async fn insert_first_user(&mut self, user: &NewUser, now: Timestamp) -> Result<Option<UserRow>, CatalogError> {
        self.lock_users().await?;
        let some: Option<i64> = Sql::new("SELECT id FROM users LIMIT 1").first(&self.tx, "look for users").await?;
        if some.is_some() { Ok(None) } else { self.insert_user(user, now).await.map(Some) }
    }

    /// Others that decide by counting users wait until this transaction has ended. SQLite has one writer anyhow.
    async fn lock_users(&mut self) -> Result<(), CatalogError> {
        if self.dialect() == Dialect::Postgres {
            Sql::new("LOCK TABLE users IN EXCLUSIVE MODE").run(&self.tx, "lock the users").await?;
        }
        Ok(())
    }

    /// Changes a user. Refuses a stale version, and to leave the server without an administrator who can sign in
    /// ([`crate::CatalogErrorKind::InUse`]).
    pub async fn update_user(
        &mut self,
        id: UserId,
        version: Option<i64>,
        change: &UserChange,
        now: Timestamp,
    ) -> Result<UserRow, CatalogError> {
        self.lock_users().await?;
        let old = self.user(id).await?;
        if version.is_some_and(|seen| seen != old.version) {
            return Err(CatalogError::Stale { what: UserId::WHAT, id: id.get() });
        }
        let role = change.role.unwrap_or(old.role);
        let disabled = change.disabled.unwrap_or(old.disabled);
        if role != Role::Administrator || disabled {
            self.keep_an_administrator(&old).await?;
        }
        Sql::new(
            "UPDATE users SET email = $2, role = $3, language = $4, theme = $5, disabled = $6, password_hash = $7, \
                 updated_at = $8, version = version + 1 WHERE id = $1",
        )
        .bind(id)
        .bind(change.email.clone().unwrap_or(old.email))
        .bind(role)
        .bind(change.language.clone().unwrap_or(old.language))
        .bind(change.theme.clone().unwrap_or(old.theme))
        .bind(disabled)
        .bind(change.password_hash.clone().unwrap_or(old.password_hash))
        .bind(now)
        .run(&self.tx, "change a user")
        .await?;
        self.append_event(Topic::Users, "changed", id, &json!({ "name": old.name }), now).await?;
        self.user(id).await
    }

    /// With its sessions and tokens. Refuses as [`WriteTx::update_user`] does.
    pub async fn delete_user(
        &mut self,
        id: UserId,
        version: Option<i64>,
        now: Timestamp,
    ) -> Result<UserRow, CatalogError> {
        self.lock_users().await?;
        let old = self.user(id).await?;
        if version.is_some_and(|seen| seen != old.version) {
            return Err(CatalogError::Stale { what: UserId::WHAT, id: id.get() });
        }
        self.keep_an_administrator(&old).await?;
        Sql::new("DELETE FROM users WHERE id = $1").bind(id).run(&self.tx, "delete a user").await?;
        self.append_event(Topic::Users, "deleted", id, &json!({ "name": old.name }), now).await?;
        Ok(old)
    }

    async fn keep_an_administrator(&mut self, leaving: &UserRow) -> Result<(), CatalogError> {
        if leaving.role != Role::Administrator || leaving.disabled {
            return Ok(());
        }
        let others: i64 = Sql::new("SELECT COUNT(*) FROM users WHERE role = $1 AND disabled = $2 AND id <> $3")
            .bind(Role::Administrator)
            .bind(false)
            .bind(leaving.id)
            .one(&self.tx, "count administrators")
            .await?;
        if others > 0 {
            return Ok(());
        }
        let by = "the server, which needs an administrator".to_owned();
        Err(CatalogError::InUse { what: UserId::WHAT, id: leaving.id.get(), by })
    }

    pub async fn note_login(&mut self, id: UserId, now: Timestamp) -> Result<(), CatalogError> {
        Sql::new("UPDATE users SET last_login_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now)
            .run(&self.tx, "note a login")
            .await
            .map(|_| ())
    }
}
