//! Every change and every restore is written down before it is done, and its outcome after: a server that dies in
//! between leaves the line that says who had begun what.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;

use super::context::RequestContext;
use super::errors::ApiError;

/// What a handler knows better than its route.
#[derive(Debug, Default, Clone)]
pub struct AuditNote {
    pub actor: Option<String>,
    pub object_id: Option<i64>,
    pub object_name: Option<String>,
    pub detail: Option<String>,
}

/// The handler's hand on the audit line of its request.
pub struct Audit(Arc<RequestContext>);

impl Audit {
    /// Who does it, where there is no caller yet: a login.
    pub fn actor(&self, name: &str) -> &Self {
        self.0.note.lock().actor = Some(name.chars().take(100).collect());
        self
    }

    /// What it is done to.
    pub fn object(&self, id: impl Into<i64>, name: &str) -> &Self {
        let mut note = self.0.note.lock();
        note.object_id = Some(id.into());
        note.object_name = Some(name.to_owned());
        drop(note);
        self
    }

    /// More about it, for people. Never a secret.
    pub fn detail(&self, text: impl Into<String>) -> &Self {
        self.0.note.lock().detail = Some(text.into());
        self
    }
}

impl<S: Sync> FromRequestParts<S> for Audit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(RequestContext::of(&parts.extensions)?.clone()))
    }
}
