//! Users: administrators make, change and remove them. The pattern for other areas.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, NewUser, UserChange, UserRow};
use rempart_model::{Permission, UserId};
use utoipa_axum::routes;

use super::types::{ErrorBody, Language, Page, Theme, User, UserCreate, UserUpdate};
use crate::auth::password;
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::errors::{ApiError, ApiResult, OrSay as _, codes};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::list::{self, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::ManageUsers, routes!(list, create))
        .needs(Permission::ManageUsers, routes!(update, remove))
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id.get(),
            name: row.name,
            email: row.email,
            role: row.role.into(),
            language: row.language.as_deref().and_then(Language::parse),
            theme: Theme::parse(&row.theme),
            totp_enabled: row.totp_secret.is_some(),
            disabled: row.disabled,
            created_at: row.created_at,
            last_login_at: row.last_login_at,
            version: row.version,
        }
    }
}

/// Lists users by name.
#[utoipa::path(get, path = "/api/users", operation_id = "users.list", tag = "users", params(ListQuery),
    responses((status = 200, body = Page<User>), (status = "4XX", body = ErrorBody)))]
async fn list(State(state): State<AppState>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<User>>> {
    let page = state.catalog.users(query.text(), &query.page()).await?;
    Ok(Json(list::answer(page, User::from)))
}

/// Makes a user.
#[utoipa::path(post, path = "/api/users", operation_id = "users.create", tag = "users", request_body = UserCreate,
    responses((status = 201, body = User), (status = "4XX", body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    audit: Audit,
    Body(body): Body<UserCreate>,
) -> ApiResult<Versioned<User>> {
    let user = new_user(&state, &body, None).await?;
    let mut tx = state.catalog.begin().await?;
    let row =
        tx.insert_user(&user, Timestamp::now()).await.or_say(CatalogErrorKind::Taken, || name_taken(&user.name))?;
    tx.commit().await?;
    audit.object(row.id, &row.name).detail(row.role.as_str());
    Ok(Versioned::created(row.version, row.into()))
}

/// Changes a user's mail address, role, password, or whether they may sign in.
#[utoipa::path(patch, path = "/api/users/{id}", operation_id = "users.update", tag = "users", request_body = UserUpdate,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = User), (status = "4XX", body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<UserId>,
    if_match: IfMatch,
    Body(body): Body<UserUpdate>,
) -> ApiResult<Versioned<User>> {
    let user = state.catalog.user(id).await?;
    audit.object(id, &user.name);
    let mut change = UserChange { role: body.role.map(Into::into), disabled: body.disabled, ..UserChange::default() };
    if let Some(email) = body.email {
        change.email = Some(checked_email(&email)?);
    }
    if let Some(new) = &body.password {
        password::check_new(new, &user.name, "password")?;
        change.password_hash = Some(state.passwords.hash(new).await?);
    }
    let ends_sessions = body.password.is_some() || body.disabled == Some(true);
    let now = Timestamp::now();
    let mut tx = state.catalog.begin().await?;
    let row = tx
        .update_user(id, if_match.0, &change, now)
        .await
        .or_say(CatalogErrorKind::InUse, || ApiError::new(&codes::LAST_ADMINISTRATOR))?;
    if ends_sessions {
        let own = caller.session().ok().filter(|_| caller.user == id);
        tx.delete_sessions_of(id, own, now).await?;
    }
    tx.commit().await?;
    audit.detail(changed_fields(&change));
    Ok(Versioned::ok(row.version, row.into()))
}

/// Removes a user with their sessions and tokens.
#[utoipa::path(delete, path = "/api/users/{id}", operation_id = "users.remove", tag = "users",
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<UserId>,
    if_match: IfMatch,
) -> ApiResult<StatusCode> {
    let mut tx = state.catalog.begin().await?;
    let gone = tx
        .delete_user(id, if_match.0, Timestamp::now())
        .await
        .or_say(CatalogErrorKind::InUse, || ApiError::new(&codes::LAST_ADMINISTRATOR))?;
    tx.commit().await?;
    audit.object(id, &gone.name);
    Ok(StatusCode::NO_CONTENT)
}

/// A checked user with the password hashed; the same rules for setup, API and command line.
pub async fn new_user(state: &AppState, given: &UserCreate, language: Option<Language>) -> ApiResult<NewUser> {
    let name = checked_name(&given.name)?;
    password::check_new(&given.password, &name, "password")?;
    let email = given.email.as_deref().map(checked_email).transpose()?.flatten();
    Ok(NewUser {
        password_hash: state.passwords.hash(&given.password).await?,
        name,
        email,
        role: given.role.into(),
        language: language.map(|language| language.as_str().to_owned()),
    })
}

pub fn name_taken(name: &str) -> ApiError {
    ApiError::new(&codes::USER_NAME_TAKEN).with("name", name).field("name")
}

fn checked_name(name: &str) -> ApiResult<String> {
    let name = name.trim();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let length = name.chars().count();
    if (1..=64).contains(&length) && name.chars().all(fits) {
        Ok(name.to_owned())
    } else {
        Err(ApiError::new(&codes::USER_NAME_FORM).field("name"))
    }
}

/// An address that mail can go to; none where the text is empty.
pub fn checked_email(email: &str) -> ApiResult<Option<String>> {
    let email = email.trim();
    if email.is_empty() {
        return Ok(None);
    }
    match email.parse::<lettre::Address>() {
        Ok(_) if email.len() <= 254 => Ok(Some(email.to_owned())),
        _ => Err(ApiError::new(&codes::EMAIL_FORM)
            .with("email", email.chars().take(80).collect::<String>())
            .field("email")),
    }
}

/// For the audit log: what was changed, never to what where that is secret.
fn changed_fields(change: &UserChange) -> String {
    let mut fields = Vec::new();
    if change.email.is_some() {
        fields.push("email".to_owned());
    }
    if let Some(role) = change.role {
        fields.push(format!("role={role}"));
    }
    if let Some(disabled) = change.disabled {
        fields.push(format!("disabled={disabled}"));
    }
    if change.password_hash.is_some() {
        fields.push("password".to_owned());
    }
    fields.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["camille", "camille.b", "Émile_2", "a@b"] {
            assert!(checked_name(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "a\nb", &"x".repeat(65), "a<b>"] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(checked_email(" ").unwrap(), None);
        assert!(checked_email("no address").is_err());
    }
}
