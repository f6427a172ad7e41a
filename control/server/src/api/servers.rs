//! Protected machines: this one and those whose agents call, and what their folders hold.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{CatalogError, CatalogErrorKind};
use rempart_model::{Permission, ServerId};
use rempart_work::Trouble;
use rempart_work::trouble::table;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::agents;
use super::types::{ErrorBody, ExplorerEntry, Page, Server, ServerCreate, ServerUpdate};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::check;
use crate::http::errors::{ApiError, ApiResult, OrSay as _, codes};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::list::{self, DEFAULT_LIMIT, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::ManageServers, routes!(create))
        .needs(Permission::Read, routes!(read))
        .needs(Permission::ManageServers, routes!(update, remove))
        .needs(Permission::Read, routes!(explore))
}

/// Lists the machines: this one first, then by name.
#[utoipa::path(get, path = "/api/servers", operation_id = "servers.list", tag = "servers", params(ListQuery),
    responses((status = 200, body = Page<Server>), (status = "4XX", body = ErrorBody)))]
async fn list(State(state): State<AppState>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Server>>> {
    let page = state.catalog.servers(query.text(), &query.page()).await?;
    let agents = agents::agents_of(&state, &page.items).await?;
    Ok(Json(list::answer(page, |row| agents::shown(row.clone(), agents.get(&row.id)))))
}

/// Adds a machine, for whose agent a token can then be made.
#[utoipa::path(post, path = "/api/servers", operation_id = "servers.create", tag = "servers",
    request_body = ServerCreate, responses((status = 201, body = Server), (status = "4XX", body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    audit: Audit,
    Body(body): Body<ServerCreate>,
) -> ApiResult<Versioned<Server>> {
    let Said { name, address, labels } = said(&body.name, body.address.as_deref(), &body.labels)?;
    let mut tx = state.catalog.begin().await?;
    let added = tx.insert_server(&name, address.as_deref(), &labels, Timestamp::now()).await;
    let id = added.or_say(CatalogErrorKind::Taken, || taken(&name))?;
    tx.commit().await?;
    audit.object(id, &name);
    one(&state, id).await.map(|(version, server)| Versioned::created(version, server))
}

/// One machine.
#[utoipa::path(get, path = "/api/servers/{id}", operation_id = "servers.read", tag = "servers",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Server), (status = "4XX", body = ErrorBody)))]
async fn read(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Versioned<Server>> {
    one(&state, id).await.map(|(version, server)| Versioned::ok(version, server))
}

/// Changes what people say of a machine: its name, address and labels, and what its agent's work may take of it.
#[utoipa::path(put, path = "/api/servers/{id}", operation_id = "servers.update", tag = "servers",
    request_body = ServerUpdate,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = Server), (status = "4XX", body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    seen: IfMatch,
    Body(body): Body<ServerUpdate>,
) -> ApiResult<Versioned<Server>> {
    let row = state.catalog.server(id).await?;
    audit.object(id, &row.name);
    seen.check(row.version)?;
    let Said { name, address, labels } = said(&body.name, body.address.as_deref(), &body.labels)?;
    if let Some(limits) = &body.limits {
        agents::elsewhere(&state, id).await.map_err(|error| error.field("limits"))?;
        agents::check_limits(limits)?;
    }
    let mut tx = state.catalog.begin().await?;
    let changed = tx.update_server(id, row.version, &name, address.as_deref(), &labels, Timestamp::now()).await;
    changed.or_say(CatalogErrorKind::Taken, || taken(&name))?;
    if let Some(limits) = &body.limits {
        tx.set_agent_limits(id, limits).await?;
    }
    tx.commit().await?;
    one(&state, id).await.map(|(version, server)| Versioned::ok(version, server))
}

/// Removes a machine and its agent's key. What was backed up of it stays. Refused while plans or repositories are its own.
#[utoipa::path(delete, path = "/api/servers/{id}", operation_id = "servers.remove", tag = "servers",
    params(("id" = i64, Path, example = 2), ("If-Match" = String, Header, description = "The ETag that was read; `*` removes whatever is there", example = "\"3\"")),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    seen: IfMatch,
) -> ApiResult<StatusCode> {
    let row = agents::elsewhere(&state, id).await?;
    audit.object(id, &row.name);
    seen.check(row.version)?;
    let mut tx = state.catalog.begin().await?;
    tx.delete_server(id, row.version, Timestamp::now()).await.map_err(|error| match error {
        CatalogError::InUse { by, .. } => Trouble::new(&table::SERVER_IN_USE).with("name", by).into(),
        other => ApiError::from(other),
    })?;
    tx.commit().await?;
    state.work.agents.revoked(id);
    Ok(StatusCode::NO_CONTENT)
}

async fn one(state: &AppState, id: ServerId) -> ApiResult<(i64, Server)> {
    let row = state.catalog.server(id).await?;
    let agents = agents::agents_of(state, std::slice::from_ref(&row)).await?;
    Ok((row.version, agents::shown(row, agents.get(&id))))
}

/// What people say of a machine, as it is kept.
struct Said {
    name: String,
    address: Option<String>,
    labels: Vec<String>,
}

/// More labels than this are no labels.
const MOST_LABELS: usize = 50;

fn said(name: &str, address: Option<&str>, labels: &[String]) -> ApiResult<Said> {
    let address = address.filter(|address| !address.trim().is_empty());
    if labels.len() > MOST_LABELS {
        return Err(ApiError::new(&codes::LONG_FIELD)
            .with("name", "labels")
            .with("limit", MOST_LABELS)
            .field("labels"));
    }
    Ok(Said {
        name: check::name("name", name)?,
        address: address.map(|address| check::line("address", address, 255)).transpose()?,
        labels: labels.iter().map(|label| check::name("labels", label)).collect::<ApiResult<_>>()?,
    })
}

fn taken(name: &str) -> ApiError {
    Trouble::new(&table::SERVER_NAME_TAKEN).with("name", name).field("name").into()
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
    let row = state.catalog.server(id).await?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, 1000) as usize;
    let after = query.cursor.filter(|cursor| !cursor.is_empty());
    let page = state.work.explore(&row, query.path, after, limit).await?;
    Ok(Json(Page {
        items: page.entries.into_iter().map(ExplorerEntry::from).collect(),
        next_cursor: page.next,
        total: page.total,
    }))
}
