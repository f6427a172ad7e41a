//! Who asks: a person with a session, or a program with a token.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use rempart_model::{Permission, Role, SessionId, TokenId, UserId};

use super::context::RequestContext;
use super::errors::{ApiError, codes};
use crate::api::types::Language;

/// An authenticated caller. A handler that takes one cannot be reached without.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: UserId,
    pub name: String,
    pub role: Role,
    /// The user's own choice.
    pub language: Option<Language>,
    pub by: Credential,
    pub address: IpAddr,
}

/// By what a caller was recognised.
#[derive(Debug, Clone)]
pub enum Credential {
    Session {
        id: SessionId,
        /// What `X-Rempart-Csrf` must say.
        csrf_token: String,
    },
    Token {
        id: TokenId,
        name: String,
        scopes: Vec<Permission>,
    },
}

impl Caller {
    /// The role's table, narrowed by the token's scopes where there is a token.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
            && match &self.by {
                Credential::Session { .. } => true,
                Credential::Token { scopes, .. } => scopes.contains(&permission),
            }
    }

    /// Refuses what the caller may not do: for handlers whose permission depends on the body.
    pub fn need(&self, permission: Permission) -> Result<(), ApiError> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(ApiError::new(&codes::FORBIDDEN).with("permission", permission_name(permission)))
        }
    }

    /// The session, where the caller must be a person at a browser.
    pub fn session(&self) -> Result<SessionId, ApiError> {
        match &self.by {
            Credential::Session { id, .. } => Ok(*id),
            Credential::Token { .. } => Err(ApiError::new(&codes::SESSION_ONLY)),
        }
    }

    /// As the audit log names the caller.
    #[must_use]
    pub fn audit_name(&self) -> String {
        match &self.by {
            Credential::Session { .. } => self.name.clone(),
            Credential::Token { name, .. } => format!("{} ({name})", self.name),
        }
    }
}

/// The permission's name in JSON: `managePlans`.
#[must_use]
pub fn permission_name(permission: Permission) -> String {
    match serde_json::to_value(permission) {
        Ok(serde_json::Value::String(name)) => name,
        _ => permission.as_str().to_owned(),
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        RequestContext::of(&parts.extensions)?.caller.clone().ok_or_else(|| ApiError::new(&codes::UNAUTHENTICATED))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Ok(RequestContext::of(&parts.extensions)?.caller.clone())
    }
}
