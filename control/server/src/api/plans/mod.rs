//! Plans: made, changed, removed, previewed, run now.

mod validate;
pub mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, NewPlan, PlanFilter};
use rempart_jobs::{Origin, RunOptions};
use rempart_model::{Permission, PlanId, RepoId, ScheduleSpec, ServerId};
use rempart_policy::Schedule;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::types::{Accepted, ErrorBody, Page, Plan, PlanWrite, SchedulePreview, SchedulePreviewRequest};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult, OrSay as _, codes};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::list::ListQuery;
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::ManagePlans, routes!(create))
        .needs(Permission::Read, routes!(show))
        .needs(Permission::ManagePlans, routes!(update, remove))
        .needs(Permission::Run, routes!(execute))
        .asks(Permission::Read, "a question with a body; nothing is changed", routes!(preview))
}

/// Which plans.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct Which {
    server_id: Option<i64>,
    repository_id: Option<i64>,
}

/// Lists plans by name, each with its protection and the strip of its last 30 days.
#[utoipa::path(get, path = "/api/plans", operation_id = "plans.list", tag = "plans", params(ListQuery, Which),
    responses((status = 200, body = Page<Plan>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListQuery>,
    Query(which): Query<Which>,
    AnswerLanguage(language): AnswerLanguage,
) -> ApiResult<Json<Page<Plan>>> {
    let filter = PlanFilter {
        text: query.text().map(str::to_owned),
        server_id: which.server_id.map(ServerId::new),
        repository_id: which.repository_id.map(RepoId::new),
    };
    let page = state.catalog.plans(&filter, &query.page()).await?;
    let plans = view::plans(&state, &page.items, language, Timestamp::now()).await?;
    Ok(Json(Page { items: plans, next_cursor: page.next_cursor, total: page.total }))
}

/// Shows a plan.
#[utoipa::path(get, path = "/api/plans/{id}", operation_id = "plans.show", tag = "plans",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Plan), (status = "4XX", body = ErrorBody)))]
async fn show(
    State(state): State<AppState>,
    PathId(id): PathId<PlanId>,
    AnswerLanguage(language): AnswerLanguage,
) -> ApiResult<Versioned<Plan>> {
    let row = state.catalog.plan(id).await?;
    Ok(Versioned::ok(row.version, view::plan(&state, row, language).await?))
}

/// Makes a plan.
#[utoipa::path(post, path = "/api/plans", operation_id = "plans.create", tag = "plans", request_body = PlanWrite,
    responses((status = 201, body = Plan), (status = "4XX", body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    audit: Audit,
    AnswerLanguage(language): AnswerLanguage,
    Body(body): Body<PlanWrite>,
) -> ApiResult<Versioned<Plan>> {
    let plan = validate::checked(&state.catalog, body).await?;
    let mut tx = state.catalog.begin().await?;
    let row = tx.insert_plan(&plan, Timestamp::now()).await.or_say(CatalogErrorKind::Taken, || name_taken(&plan))?;
    tx.commit().await?;
    audit.object(row.id, &row.name);
    Ok(Versioned::created(row.version, view::plan(&state, row, language).await?))
}

/// Changes a plan. Runs at work finish as they began.
#[utoipa::path(put, path = "/api/plans/{id}", operation_id = "plans.update", tag = "plans", request_body = PlanWrite,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = Plan), (status = "4XX", body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    audit: Audit,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<PlanId>,
    if_match: IfMatch,
    Body(body): Body<PlanWrite>,
) -> ApiResult<Versioned<Plan>> {
    let before = state.catalog.plan(id).await?;
    audit.object(id, &before.name);
    if_match.check(before.version)?;
    let plan = validate::checked(&state.catalog, body).await?;
    let mut tx = state.catalog.begin().await?;
    let row = tx
        .update_plan(id, before.version, &plan, Timestamp::now())
        .await
        .or_say(CatalogErrorKind::Taken, || name_taken(&plan))?;
    tx.commit().await?;
    Ok(Versioned::ok(row.version, view::plan(&state, row, language).await?))
}

/// Removes a plan. Its runs stay as history, its snapshots in their repository.
#[utoipa::path(delete, path = "/api/plans/{id}", operation_id = "plans.remove", tag = "plans",
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<PlanId>,
    if_match: IfMatch,
) -> ApiResult<StatusCode> {
    let before = state.catalog.plan(id).await?;
    audit.object(id, &before.name);
    let mut tx = state.catalog.begin().await?;
    tx.delete_plan(id, if_match.0.unwrap_or(before.version), Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs a plan now. A plan that is paused runs too: somebody asks for it.
#[utoipa::path(post, path = "/api/plans/{id}/execute", operation_id = "plans.execute", tag = "plans",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn execute(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<PlanId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    run_now(&state, &caller, &audit, id, RunOptions::default()).await
}

/// "Run now", whichever route asks for it.
pub async fn run_now(
    state: &AppState,
    caller: &Caller,
    audit: &Audit,
    id: PlanId,
    options: RunOptions,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let plan = state.catalog.plan(id).await?;
    audit.object(id, &plan.name);
    let origin = Origin { options, ..super::runs::asked_by(caller) };
    super::runs::start(state, id, origin).await
}

/// When a schedule would fire next.
#[utoipa::path(post, path = "/api/plans/preview-schedule", operation_id = "plans.previewSchedule", tag = "plans",
    request_body = SchedulePreviewRequest,
    responses((status = 200, body = SchedulePreview), (status = "4XX", body = ErrorBody)))]
async fn preview(Body(body): Body<SchedulePreviewRequest>) -> ApiResult<Json<SchedulePreview>> {
    if !(1..=50).contains(&body.count) {
        return Err(ApiError::new(&codes::SCHEDULE_BAD_COUNT).with("count", body.count).field("count"));
    }
    let spec = ScheduleSpec {
        cron: body.cron.trim().to_owned(),
        time_zone: body.time_zone.trim().to_owned(),
        missed: rempart_model::Missed::CatchUp,
    };
    let schedule = Schedule::parse(&spec).map_err(|error| validate::schedule_refusal(&error, ""))?;
    Ok(Json(SchedulePreview { runs: schedule.after(Timestamp::now()).take(body.count as usize).collect() }))
}

fn name_taken(plan: &NewPlan) -> ApiError {
    ApiError::new(&codes::PLAN_NAME_TAKEN).with("name", &plan.name).field("name")
}
