//! What stands before every handler: permission, origin, audit.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use rempart_catalog::{AuditBegin, AuditEnd, AuditOutcome};
use rempart_model::AuditId;

use super::caller::{Caller, permission_name};
use super::context::RequestContext;
use super::errors::{ApiError, codes};
use super::origin;
use super::routes::{Access, Audited};

/// The rule of some routes of one path.
pub struct Rule {
    pub access: Access,
    pub audited: Audited,
    /// Method and operation id.
    pub operations: Vec<(&'static str, String)>,
}

impl Rule {
    fn operation(&self, method: &Method) -> &str {
        // HEAD is answered by the GET handler.
        let name = if *method == Method::HEAD { "GET" } else { method.as_str() };
        self.operations.iter().find(|(known, _)| *known == name).map_or("", |(_, operation)| operation.as_str())
    }

    fn is_audited(&self, method: &Method) -> bool {
        match self.audited {
            Audited::Changes => origin::is_unsafe(method),
            Audited::Always => true,
            Audited::Never(_) => false,
        }
    }
}

pub async fn guard(rule: Arc<Rule>, request: Request, next: Next) -> Response {
    let context = match RequestContext::of(request.extensions()) {
        Ok(context) => context.clone(),
        Err(error) => return error.into_response(),
    };
    if let Access::Own(_) = rule.access {
        return next.run(request).await;
    }
    let audited = rule.is_audited(request.method());
    if let Err(error) = admit(&rule, &context, &request) {
        if audited && context.caller.is_some() {
            refuse_on_record(&rule, &context, &Asked::of(&request), &error).await;
        }
        return error.into_response();
    }
    if !audited {
        return next.run(request).await;
    }
    // In a task of its own: a change once begun is finished and written down even when the client goes away.
    let work = tokio::spawn(async move { on_record(&rule, context, request, next).await });
    match work.await {
        Ok(response) => response,
        Err(panicked) => ApiError::internal(panicked).into_response(),
    }
}

/// What of a request its audit line needs.
struct Asked {
    method: Method,
    object_id: Option<i64>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self { method: request.method().clone(), object_id: id_in_path(request.uri().path()) }
    }
}

/// What of an answer its audit line needs.
struct Answered {
    status: StatusCode,
    refusal: Option<&'static str>,
}

impl Answered {
    fn of(response: &Response) -> Self {
        let refusal = response.extensions().get::<ApiError>().map(|error| error.code().id);
        Self { status: response.status(), refusal }
    }
}

fn admit(rule: &Rule, context: &RequestContext, request: &Request) -> Result<(), ApiError> {
    if let Access::Needs(permission) = rule.access {
        let caller = context.caller.as_ref().ok_or_else(|| {
            context.refused_credential.clone().unwrap_or_else(|| ApiError::new(&codes::UNAUTHENTICATED))
        })?;
        origin::check(request.method(), request.headers(), Some(caller))?;
        if !caller.may(permission) {
            return Err(ApiError::new(&codes::FORBIDDEN).with("permission", permission_name(permission)));
        }
        return Ok(());
    }
    // A public change has no session to protect, but a page elsewhere shall not make a browser log in.
    origin::check(request.method(), request.headers(), None)
}

/// Writes the intent, does the work, writes the outcome.
async fn on_record(rule: &Rule, context: Arc<RequestContext>, request: Request, next: Next) -> Response {
    let id = match begin(rule, &context, &Asked::of(&request)).await {
        Ok(id) => id,
        Err(error) => return error.into_response(),
    };
    let response = next.run(request).await;
    finish(&context, id, Answered::of(&response)).await;
    response
}

async fn begin(rule: &Rule, context: &RequestContext, asked: &Asked) -> Result<AuditId, ApiError> {
    let operation = rule.operation(&asked.method);
    let begin = AuditBegin {
        user: context.caller.as_ref().map(|caller| caller.user),
        actor: context.caller.as_ref().map_or_else(|| "-".to_owned(), Caller::audit_name),
        address: Some(context.address.to_string()),
        action: operation.to_owned(),
        object_kind: operation.split('.').next().map(str::to_owned),
        object_id: asked.object_id,
    };
    Ok(context.state.catalog.audit_begin(&begin, Timestamp::now()).await?)
}

async fn finish(context: &RequestContext, id: AuditId, answered: Answered) {
    let note = context.note.lock().clone();
    let detail = match (note.detail, answered.refusal) {
        (Some(detail), Some(code)) => Some(format!("{code}: {detail}")),
        (detail, code) => detail.or(code.map(str::to_owned)),
    };
    let end = AuditEnd {
        outcome: outcome_of(answered.status),
        actor: note.actor,
        object_id: note.object_id,
        object_name: note.object_name,
        detail,
    };
    if let Err(error) = context.state.catalog.audit_finish(id, &end).await {
        // The line that says it was begun stands.
        tracing::error!(audit = id.get(), "cannot write the outcome of an audited request: {error}");
    }
}

async fn refuse_on_record(rule: &Rule, context: &RequestContext, asked: &Asked, error: &ApiError) {
    let id = match begin(rule, context, asked).await {
        Ok(id) => id,
        Err(error) => {
            tracing::error!(code = error.code().id, "cannot write a refused request into the audit log");
            return;
        }
    };
    finish(context, id, Answered { status: error.status(), refusal: Some(error.code().id) }).await;
}

fn outcome_of(status: StatusCode) -> AuditOutcome {
    if status.is_success() || status.is_redirection() {
        AuditOutcome::Succeeded
    } else if status.is_client_error() {
        AuditOutcome::Refused
    } else {
        AuditOutcome::Failed
    }
}

/// The first number among the path's parts: what the request is about.
fn id_in_path(path: &str) -> Option<i64> {
    path.split('/').find_map(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_of_a_request_is_the_number_in_its_path() {
        let cases =
            [("/api/plans/7/execute", Some(7)), ("/api/plans", None), ("/api/repositories/3/clients/9", Some(3))];
        for (path, expected) in cases {
            assert_eq!(id_in_path(path), expected, "{path}");
        }
    }
}
