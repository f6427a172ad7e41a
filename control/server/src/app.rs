//! The whole application: routes, layers, description.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;

use crate::http::routes::RouteRow;
use crate::http::{body, context, headers, incoming};
use crate::restic_rest::{self, CatalogRegistry};
use crate::state::AppState;
use crate::{api, metrics, openapi, ui};

/// The router, ready to serve.
pub fn router(state: AppState) -> Router {
    let registry = CatalogRegistry::new(state.catalog.clone(), state.work.clone());
    let patience = state.settings.body_timeout;
    let restic =
        restic_rest::router(registry, patience).layer(from_fn_with_state(state.clone(), context::refuse_peers));
    let (api, _, _) = api::routes().finish();
    let is_secure = state.settings.transport.is_secure_for_browsers();
    let api = api
        .fallback(ui::serve)
        .layer(from_fn(metrics::observe))
        .layer(DefaultBodyLimit::max(body::LIMIT_BYTES))
        .layer(from_fn_with_state(state.clone(), context::attach))
        .layer(CompressionLayer::new())
        .layer(from_fn(move |request, next| headers::add(is_secure, request, next)))
        .layer(from_fn(move |request, next| incoming::watch(patience, request, next)))
        .with_state(state);
    // Beside the API and not below it: its bodies are packs, and its credentials are its own.
    api.nest("/restic", restic)
}

/// What the API is, for clients, documentation and tests.
#[must_use]
pub fn description() -> (OpenApi, Vec<RouteRow>) {
    let (_, api, table) = api::routes().finish();
    (openapi::complete(api), table)
}
