//! What the server is, whether it is well, and its measurements.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use rempart_catalog::Dialect;
use rempart_model::Permission;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::types::{ErrorBody, SystemInfo};
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(system))
        .needs(Permission::Read, routes!(metrics))
        .public("orchestrators ask it without credentials; it tells nothing but yes", routes!(live))
        .public("load balancers ask it without credentials; it tells nothing but yes or no", routes!(ready))
        .public("a description is no secret: the program is free software", routes!(description))
}

/// What this server is and how it was told to run.
#[utoipa::path(get, path = "/api/system", operation_id = "system.info", tag = "system",
    responses((status = 200, body = SystemInfo), (status = "4XX", body = ErrorBody)))]
async fn system(State(state): State<AppState>) -> Json<SystemInfo> {
    let settings = &state.settings;
    Json(SystemInfo {
        version: crate::VERSION.to_owned(),
        started_at: state.started_at,
        address: settings.address.to_string(),
        host_name: crate::host_name(),
        catalog: match state.catalog.dialect() {
            Dialect::Sqlite => "sqlite".to_owned(),
            Dialect::Postgres => "postgresql".to_owned(),
        },
        scheduler_enabled: settings.scheduler_enabled,
        time_zone: settings.scheduler_time_zone.clone(),
        max_concurrent_global: settings.max_concurrent_global,
        max_concurrent_per_server: settings.max_concurrent_per_server,
        resident_bytes: crate::metrics::resident_bytes(),
    })
}

/// Measurements in Prometheus' text form. Scrapers send an API token with the scope `read`.
#[utoipa::path(get, path = "/metrics", operation_id = "system.metrics", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain",
        example = json!("# TYPE rempart_event_listeners gauge\nrempart_event_listeners 2\n")), (status = "4XX", body = ErrorBody)))]
async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    let text = crate::metrics::render(&state).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// Whether something answers.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// The process answers.
#[utoipa::path(get, path = "/health/live", operation_id = "health.live", tag = "system",
    responses((status = 200, body = Health)))]
async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The server can work: its catalog answers, and it is not stopping.
#[utoipa::path(get, path = "/health/ready", operation_id = "health.ready", tag = "system",
    responses((status = 200, body = Health), (status = 503, body = ErrorBody)))]
async fn ready(State(state): State<AppState>) -> ApiResult<Json<Health>> {
    if state.stop.is_cancelled() {
        return Err(ApiError::new(&codes::STOPPING));
    }
    state.catalog.ping().await.map_err(|error| ApiError::new(&codes::BUSY).retry_after(2).because(error))?;
    Ok(Json(Health { status: "ok" }))
}

/// The description of this API.
#[utoipa::path(get, path = "/api/openapi.json", operation_id = "system.openapi", tag = "system",
    responses((status = 200, body = Object, content_type = "application/json",
        example = json!({ "openapi": "3.1.0", "info": { "title": "Rempart", "version": "0.1.0" }, "paths": {} }))))]
async fn description() -> impl IntoResponse {
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], crate::openapi::text())
}
