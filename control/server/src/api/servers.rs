//! Protected machines: this one, and what its folders hold.

use axum::Json;
use axum::extract::State;
use rempart_model::{Permission, ServerId};
use rempart_work::trouble::table;
use rempart_work::{Trouble, explorer};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::types::{Accepted, ErrorBody, ExplorerEntry, Page, Server, ServerCreate};
use crate::http::body::Body;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::etag::Versioned;
use crate::http::list::{self, DEFAULT_LIMIT, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::ManageServers, routes!(create))
        .needs(Permission::Read, routes!(read))
        .needs(Permission::Read, routes!(explore))
        .needs(Permission::ManageServers, routes!(collect_stats))
}

/// Lists the machines: this one first, then by name.
#[utoipa::path(get, path = "/api/servers", operation_id = "servers.list", tag = "servers", params(ListQuery),
    responses((status = 200, body = Page<Server>), (status = "4XX", body = ErrorBody)))]
async fn list(State(state): State<AppState>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Server>>> {
    let page = state.catalog.servers(query.text(), &query.page()).await?;
    Ok(Json(list::answer(page, Server::from)))
}

/// Adds a machine. Not before there are agents.
#[utoipa::path(post, path = "/api/servers", operation_id = "servers.create", tag = "servers",
    request_body = ServerCreate, responses((status = 501, body = ErrorBody), (status = "4XX", body = ErrorBody)))]
async fn create(Body(body): Body<ServerCreate>) -> ApiResult<Json<Server>> {
    tracing::info!(name = body.name, "a server was asked for, and there are no agents yet");
    Err(Trouble::new(&table::SERVER_NO_AGENT).into())
}

/// One machine.
#[utoipa::path(get, path = "/api/servers/{id}", operation_id = "servers.read", tag = "servers",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Server), (status = "4XX", body = ErrorBody)))]
async fn read(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Versioned<Server>> {
    let row = state.catalog.server(id).await?;
    Ok(Versioned::ok(row.version, row.into()))
}

/// Which folder, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct ExplorerQuery {
    /// Absolute, as entries name it: UTF-8 as it is, any other byte of a name in percent code (`/caf%E9`), and a percent
    /// sign that would begin such a code as `%25`. In the address it is encoded once more, as every parameter is.
    #[param(example = "/etc")]
    path: String,
    #[param(minimum = 1, maximum = 1000, example = 200)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Lists a folder of the machine, by name.
#[utoipa::path(get, path = "/api/servers/{id}/explorer", operation_id = "servers.explore", tag = "servers",
    params(("id" = i64, Path, example = 1), ExplorerQuery),
    responses((status = 200, body = Page<ExplorerEntry>), (status = "4XX", body = ErrorBody)))]
async fn explore(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
    Query(query): Query<ExplorerQuery>,
) -> ApiResult<Json<Page<ExplorerEntry>>> {
    if !state.catalog.server(id).await?.is_local {
        return Err(Trouble::new(&table::SERVER_NO_AGENT).into());
    }
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, 1000) as usize;
    let look = move || explorer::explore(&query.path, query.cursor.as_deref().filter(|c| !c.is_empty()), limit);
    let page = tokio::task::spawn_blocking(look).await.map_err(ApiError::internal)??;
    Ok(Json(Page {
        items: page.entries.into_iter().map(ExplorerEntry::from).collect(),
        next_cursor: page.next,
        total: page.total,
    }))
}

/// Collects a machine's figures. Not before there are agents.
#[utoipa::path(post, path = "/api/servers/{id}/collect-stats", operation_id = "servers.collectStats", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = 501, body = ErrorBody), (status = "4XX", body = ErrorBody)))]
async fn collect_stats(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Json<Accepted>> {
    state.catalog.server(id).await?;
    Err(Trouble::new(&table::SERVER_NO_AGENT).into())
}
