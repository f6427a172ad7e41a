//! Storage pools: places for repositories.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::PoolRow;
use rempart_model::{Permission, PoolId};
use rempart_work::pool::PoolChange;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::storage_words::{parted, pool_answer, test_answer};
use super::types::{
    Accepted, ErrorBody, Language, Page, Pool, PoolCreate, PoolSample, PoolTest, PoolTestRequest, PoolUpdate,
};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::context::AnswerLanguage;
use crate::http::errors::ApiResult;
use crate::http::etag::{IfMatch, Versioned};
use crate::http::list::ListQuery;
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::ManageStorage, routes!(create))
        .needs(Permission::ManageStorage, routes!(test))
        .needs(Permission::Read, routes!(read))
        .needs(Permission::ManageStorage, routes!(update, remove))
        .needs(Permission::ManageStorage, routes!(analyse))
        .needs(Permission::Read, routes!(history))
}

fn answer(state: &AppState, row: PoolRow, language: Language) -> ApiResult<Pool> {
    let place = state.work.pool_place(&row)?;
    Ok(pool_answer(row, place, language.into()))
}

/// Lists the pools by name.
#[utoipa::path(get, path = "/api/pools", operation_id = "pools.list", tag = "pools", params(ListQuery),
    responses((status = 200, body = Page<Pool>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Pool>>> {
    page(&state, language, &query).await.map(Json)
}

/// The same for the old route.
pub async fn page(state: &AppState, language: Language, query: &ListQuery) -> ApiResult<Page<Pool>> {
    let page = state.catalog.pools(query.text(), &query.page()).await?;
    let items = page.items.into_iter().map(|row| answer(state, row, language)).collect::<ApiResult<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, total: page.total })
}

/// Adds a pool, once its place has passed the test.
#[utoipa::path(post, path = "/api/pools", operation_id = "pools.create", tag = "pools", request_body = PoolCreate,
    responses((status = 201, body = Pool), (status = "4XX", body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    Body(body): Body<PoolCreate>,
) -> ApiResult<Versioned<Pool>> {
    add(&state, language, &audit, body).await
}

/// The same for the old route.
pub async fn add(state: &AppState, language: Language, audit: &Audit, body: PoolCreate) -> ApiResult<Versioned<Pool>> {
    let (place, secrets) = parted(body.place);
    let row = state.work.create_pool(&body.name, place, secrets).await?;
    audit.object(row.id, &row.name).detail(row.location.clone());
    Ok(Versioned::created(row.version, answer(state, row, language)?))
}

/// Tests a place: really connects, writes, reads back, lists and deletes. With `poolId`, secrets that are `null` are those
/// of that pool.
#[utoipa::path(post, path = "/api/pools/test", operation_id = "pools.test", tag = "pools",
    request_body = PoolTestRequest,
    responses((status = 200, body = PoolTest), (status = "4XX", body = ErrorBody)))]
async fn test(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    Body(body): Body<PoolTestRequest>,
) -> ApiResult<Json<PoolTest>> {
    let (place, secrets) = parted(body.place);
    let test = state.work.test_place(place, secrets, body.pool_id.map(PoolId)).await?;
    audit.detail(if test.is_ok() { "ok" } else { "failed" });
    Ok(Json(test_answer(&test, language.into())))
}

/// One pool.
#[utoipa::path(get, path = "/api/pools/{id}", operation_id = "pools.read", tag = "pools", params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = Pool), (status = "4XX", body = ErrorBody)))]
async fn read(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<PoolId>,
) -> ApiResult<Versioned<Pool>> {
    let row = state.catalog.pool(id).await?;
    Ok(Versioned::ok(row.version, answer(&state, row, language)?))
}

/// Changes a pool's name or credentials, and the place of one that is still empty.
#[utoipa::path(patch, path = "/api/pools/{id}", operation_id = "pools.update", tag = "pools",
    request_body = PoolUpdate,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = Pool), (status = "4XX", body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    PathId(id): PathId<PoolId>,
    seen: IfMatch,
    Body(body): Body<PoolUpdate>,
) -> ApiResult<Versioned<Pool>> {
    let row = state.catalog.pool(id).await?;
    seen.check(row.version)?;
    audit.object(id, &row.name);
    let change = PoolChange { name: body.name, place: body.place.map(parted) };
    let row = state.work.update_pool(id, row.version, change).await?;
    Ok(Versioned::ok(row.version, answer(&state, row, language)?))
}

/// Removes a pool without repositories. What lies at its place stays.
#[utoipa::path(delete, path = "/api/pools/{id}", operation_id = "pools.delete", tag = "pools",
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<PoolId>,
    seen: IfMatch,
) -> ApiResult<StatusCode> {
    let row = state.catalog.pool(id).await?;
    seen.check(row.version)?;
    audit.object(id, &row.name).detail(row.location.clone());
    state.work.delete_pool(id, row.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Measures the pool now.
#[utoipa::path(post, path = "/api/pools/{id}/analyse", operation_id = "pools.analyse", tag = "pools",
    params(("id" = i64, Path, example = 1)), responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn analyse(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<PoolId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.pool(id).await?;
    audit.object(id, &row.name);
    let job = state.work.enqueue_pool_analysis(id, Some(caller.user)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: None })))
}

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryQuery {
    /// 30 where it is not said.
    #[param(minimum = 1, maximum = 3650, example = 30)]
    days: Option<u32>,
}

/// What was measured of the pool, oldest first: a quarter of an hour apart for two days, an hour for a month, then a day.
#[utoipa::path(get, path = "/api/pools/{id}/history", operation_id = "pools.history", tag = "pools",
    params(("id" = i64, Path, example = 1), HistoryQuery),
    responses((status = 200, body = Vec<PoolSample>), (status = "4XX", body = ErrorBody)))]
async fn history(
    State(state): State<AppState>,
    PathId(id): PathId<PoolId>,
    Query(query): Query<HistoryQuery>,
) -> ApiResult<Json<Vec<PoolSample>>> {
    state.catalog.pool(id).await?;
    let days = i64::from(query.days.unwrap_or(30).clamp(1, 3650));
    let since = Timestamp::now().checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
    let samples = state.catalog.pool_samples(id, since).await?;
    Ok(Json(samples.into_iter().map(PoolSample::from).collect()))
}
