//! From where on a machine's figures raise alerts: for all, and for one.

use axum::extract::State;
use jiff::Timestamp;
use rempart_model::{Permission, ServerId};
use rempart_policy as policy;
use rempart_policy::ThresholdsError;
use rempart_work::watch::THRESHOLDS;
use utoipa_axum::routes;

use super::types::{DefaultThresholds, ErrorBody, ServerThresholds, ServerThresholdsWrite, Thresholds};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::path::PathId;
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(read_defaults))
        .needs(Permission::ManageSettings, routes!(write_defaults))
        .needs(Permission::Read, routes!(read_own))
        .needs(Permission::ManageServers, routes!(write_own))
}

/// The thresholds of machines that have none of their own.
#[utoipa::path(get, path = "/api/settings/thresholds", operation_id = "settings.readThresholds", tag = "settings",
    responses((status = 200, body = DefaultThresholds), (status = "4XX", body = ErrorBody)))]
async fn read_defaults(State(state): State<AppState>) -> ApiResult<Versioned<DefaultThresholds>> {
    let row = state.catalog.settings::<policy::Thresholds>(THRESHOLDS).await?;
    Ok(defaults(row.value, row.version))
}

/// Changes them. They count from each machine's next look on.
#[utoipa::path(put, path = "/api/settings/thresholds", operation_id = "settings.writeThresholds", tag = "settings",
    request_body = Thresholds,
    params(("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = DefaultThresholds), (status = "4XX", body = ErrorBody)))]
async fn write_defaults(
    State(state): State<AppState>,
    audit: Audit,
    seen: IfMatch,
    Body(body): Body<Thresholds>,
) -> ApiResult<Versioned<DefaultThresholds>> {
    let thresholds = checked(body)?;
    let old = state.catalog.settings::<policy::Thresholds>(THRESHOLDS).await?;
    seen.check(old.version)?;
    let mut tx = state.catalog.begin().await?;
    let version = tx.put_settings(THRESHOLDS, old.version, &thresholds, Timestamp::now()).await?;
    tx.commit().await?;
    audit.object(0_i64, THRESHOLDS);
    Ok(defaults(thresholds, version))
}

fn defaults(thresholds: policy::Thresholds, version: i64) -> Versioned<DefaultThresholds> {
    Versioned::ok(version, DefaultThresholds { thresholds: thresholds.into(), version })
}

/// The thresholds of one machine.
#[utoipa::path(get, path = "/api/servers/{id}/thresholds", operation_id = "servers.readThresholds", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = ServerThresholds), (status = "4XX", body = ErrorBody)))]
async fn read_own(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
) -> ApiResult<Versioned<ServerThresholds>> {
    state.catalog.server(id).await?;
    own(&state, id).await
}

/// Gives a machine its own thresholds, or has it follow the settings. They count from its next look on.
#[utoipa::path(put, path = "/api/servers/{id}/thresholds", operation_id = "servers.writeThresholds", tag = "servers",
    request_body = ServerThresholdsWrite,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = ServerThresholds), (status = "4XX", body = ErrorBody)))]
async fn write_own(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    seen: IfMatch,
    Body(body): Body<ServerThresholdsWrite>,
) -> ApiResult<Versioned<ServerThresholds>> {
    let row = state.catalog.server(id).await?;
    audit.object(id, &row.name);
    let thresholds = body.own.map(checked).transpose()?;
    let old = state.catalog.server_thresholds(id).await?;
    seen.check(old.version)?;
    let mut tx = state.catalog.begin().await?;
    tx.put_server_thresholds(id, old.version, thresholds.as_ref(), Timestamp::now()).await?;
    tx.commit().await?;
    own(&state, id).await
}

async fn own(state: &AppState, id: ServerId) -> ApiResult<Versioned<ServerThresholds>> {
    let row = state.catalog.server_thresholds(id).await?;
    let defaults = state.catalog.settings::<policy::Thresholds>(THRESHOLDS).await?.value;
    let body = ServerThresholds { own: row.own.map(Thresholds::from), defaults: defaults.into(), version: row.version };
    Ok(Versioned::ok(row.version, body))
}

fn checked(body: Thresholds) -> ApiResult<policy::Thresholds> {
    let thresholds = policy::Thresholds::from(body);
    thresholds.check().map(|()| thresholds).map_err(|error| match error {
        ThresholdsError::Percent { field, given } => {
            ApiError::new(&codes::THRESHOLD_PERCENT).with("given", given).field(field)
        }
        ThresholdsError::Days { field, given } => {
            ApiError::new(&codes::THRESHOLD_DAYS).with("given", given).field(field)
        }
    })
}
