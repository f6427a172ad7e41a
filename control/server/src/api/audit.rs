//! The audit log, the newest line first.

use axum::Json;
use axum::extract::State;
use rempart_catalog::{AuditFilter, AuditOutcome, AuditRow};
use rempart_model::Permission;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::types::{AuditEntry, ErrorBody, Page};
use crate::http::errors::ApiResult;
use crate::http::list::{self, ListQuery};
use crate::http::path::Query;
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new().needs(Permission::ReadAudit, routes!(entries))
}

/// Which lines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct AuditQuery {
    /// Only this action, such as `users.create`.
    action: Option<String>,
    /// Only about this kind of object, such as `plans`.
    object_kind: Option<String>,
    /// With `objectKind`: only about this one.
    object_id: Option<i64>,
}

/// Who did what, from where, and how it ended.
#[utoipa::path(get, path = "/api/audit", operation_id = "audit.list", tag = "audit", params(ListQuery, AuditQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = "4XX", body = ErrorBody)))]
async fn entries(
    State(state): State<AppState>,
    Query(query): Query<ListQuery>,
    Query(which): Query<AuditQuery>,
) -> ApiResult<Json<Page<AuditEntry>>> {
    let filter = AuditFilter {
        text: query.text().map(str::to_owned),
        action: which.action,
        object: which.object_kind.map(|kind| (kind, which.object_id)),
    };
    let page = state.catalog.audit(&filter, &query.page()).await?;
    Ok(Json(list::answer(page, AuditEntry::from)))
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        // A line without an end is a request that is still at work, or that died with the server.
        let unfinished = row.outcome == AuditOutcome::Started;
        Self {
            id: row.id.get(),
            at: row.at,
            actor: row.actor,
            address: row.address,
            action: row.action,
            object_kind: row.object_kind,
            object_id: row.object_id,
            object_name: row.object_name,
            succeeded: row.outcome == AuditOutcome::Succeeded,
            detail: row.detail.or_else(|| unfinished.then(|| "started".to_owned())),
        }
    }
}
