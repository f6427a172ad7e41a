//! What an administrator of the machine does without signing in: whoever may read the catalog's files may this too.

use jiff::Timestamp;
use rempart_catalog::{AuditBegin, AuditOutcome, CatalogError, CatalogErrorKind, UserChange};
use rempart_model::Role;
use zeroize::Zeroizing;

use crate::api::types::{Language, UserCreate};
use crate::api::users;
use crate::http::errors::{ApiError, codes};
use crate::state::AppState;

/// A user to be made, or set right.
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub password: Zeroizing<String>,
    /// One that exists is given this password and role, loses its second factor and its sessions.
    pub reset: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("{message}")]
    Refused { message: String, hint: Option<String> },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<ApiError> for AdminError {
    /// The command line speaks English.
    fn from(error: ApiError) -> Self {
        let body = error.body(Language::En);
        Self::Refused { message: body.message, hint: body.hint }
    }
}

/// Makes a user by the same rules as the API, and writes it into the audit log in the same transaction.
pub async fn create_user(state: &AppState, given: &NewUser) -> Result<(), AdminError> {
    let body = UserCreate {
        name: given.name.clone(),
        email: None,
        role: given.role.into(),
        password: given.password.to_string(),
    };
    let user = users::new_user(state, &body, None).await?;
    let now = Timestamp::now();
    let known = state.catalog.user_by_name(&user.name).await?;
    let mut tx = state.catalog.begin().await?;
    let (id, action) = match known {
        None => {
            let made = tx.insert_user(&user, now).await;
            (made.map_err(|error| taken_or(error, &user.name))?.id, "users.create")
        }
        Some(known) if given.reset => {
            let change = UserChange {
                role: Some(given.role),
                disabled: Some(false),
                password_hash: Some(user.password_hash.clone()),
                ..UserChange::default()
            };
            tx.update_user(known.id, None, &change, now).await.map_err(|error| match error.kind() {
                CatalogErrorKind::InUse => ApiError::new(&codes::LAST_ADMINISTRATOR).into(),
                _ => AdminError::from(error),
            })?;
            tx.remove_totp(known.id, now).await?;
            tx.delete_sessions_of(known.id, None, now).await?;
            (known.id, "users.update")
        }
        Some(known) => {
            return Err(AdminError::Refused {
                message: format!("there already is a user named {}", known.name),
                hint: Some("--reset gives this user the password and the role".to_owned()),
            });
        }
    };
    let line = AuditBegin {
        user: None,
        actor: "command line".to_owned(),
        address: None,
        action: action.to_owned(),
        object_kind: Some("users".to_owned()),
        object_id: Some(id.get()),
    };
    tx.insert_audit(&line, AuditOutcome::Succeeded, now).await?;
    tx.commit().await?;
    Ok(())
}

fn taken_or(error: CatalogError, name: &str) -> AdminError {
    match error.kind() {
        CatalogErrorKind::Taken => users::name_taken(name).into(),
        _ => error.into(),
    }
}
