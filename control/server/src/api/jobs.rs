//! Jobs: the units of work in the queue.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::JobFilter;
use rempart_jobs::CancelAnswer;
use rempart_model::{JobId, Permission, PlanId, PoolId, RepoId, RunId, ServerId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::runs::states;
use super::shown;
use super::types::{Accepted, ErrorBody, Job, JobKind, JobState, Language, LogLine, Page};
use crate::http::audit::Audit;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::ListQuery;
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::Read, routes!(show))
        .needs(Permission::Run, routes!(cancel))
        .needs(Permission::Read, routes!(log))
}

/// Which jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct Which {
    kind: Option<JobKind>,
    /// Several, separated by commas: `failed,warning`; `active`: those that wait or go on.
    state: Option<String>,
    server_id: Option<i64>,
    pool_id: Option<i64>,
    repository_id: Option<i64>,
    plan_id: Option<i64>,
    run_id: Option<i64>,
}

/// Lists jobs, the newest first.
#[utoipa::path(get, path = "/api/jobs", operation_id = "jobs.list", tag = "jobs", params(ListQuery, Which),
    responses((status = 200, body = Page<Job>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    Query(query): Query<ListQuery>,
    Query(which): Query<Which>,
) -> ApiResult<Json<Page<Job>>> {
    let asked = states(which.state.as_deref(), &[JobState::Queued, JobState::Leased, JobState::Running])?;
    let filter = JobFilter {
        states: asked,
        kind: which.kind,
        server_id: which.server_id.map(ServerId::new),
        pool_id: which.pool_id.map(PoolId::new),
        repository_id: which.repository_id.map(RepoId::new),
        plan_id: which.plan_id.map(PlanId::new),
        run_id: which.run_id.map(RunId::new),
    };
    let page = state.catalog.jobs(&filter, &query.page()).await?;
    let (next_cursor, total) = (page.next_cursor, page.total);
    Ok(Json(Page { items: shown_all(&state, page.items, language).await?, next_cursor, total }))
}

/// Shows a job with how far it is.
#[utoipa::path(get, path = "/api/jobs/{id}", operation_id = "jobs.show", tag = "jobs", params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = Job), (status = "4XX", body = ErrorBody)))]
async fn show(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<JobId>,
) -> ApiResult<Json<Job>> {
    let row = state.catalog.job(id).await?;
    let shown = shown_all(&state, vec![row], language).await?.pop();
    shown.map(Json).ok_or_else(ApiError::not_found)
}

/// With titles, and with what the waiting ones wait for.
async fn shown_all(state: &AppState, rows: Vec<rempart_jobs::Job>, language: Language) -> ApiResult<Vec<Job>> {
    let waits = rows.iter().any(|job| job.state == JobState::Queued);
    let reasons = match waits {
        true => state.catalog.waiting_reasons(state.limits(), Timestamp::now()).await?,
        false => Default::default(),
    };
    let titles = state.catalog.job_titles(&rows).await?;
    let shown = rows.into_iter().map(|row| {
        let reason = reasons.get(&row.id).copied();
        let title = titles.get(&row.id).cloned().unwrap_or_default();
        shown::job(row, title, reason, language)
    });
    Ok(shown.collect())
}

/// Cancels a job: at once while it waits, within seconds while it runs.
#[utoipa::path(post, path = "/api/jobs/{id}/cancel", operation_id = "jobs.cancel", tag = "jobs",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn cancel(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<JobId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.job(id).await?;
    audit.object(id, row.kind.as_str());
    if !ask_to_cancel(&state, id).await? {
        return Err(ApiError::new(&codes::JOB_NOT_ACTIVE));
    }
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: id.get(), run_id: row.run_id.map(RunId::get) })))
}

/// Whether there was anything to cancel.
pub async fn ask_to_cancel(state: &AppState, job: JobId) -> ApiResult<bool> {
    let mut tx = state.catalog.begin().await?;
    let answer = tx.cancel_job(job, Timestamp::now()).await?;
    tx.commit().await?;
    match answer {
        CancelAnswer::Canceled | CancelAnswer::Requested => Ok(true),
        CancelAnswer::Ended(_) => Ok(false),
        CancelAnswer::NotFound => Err(ApiError::not_found()),
    }
}

/// The log of a job, oldest line first. `cursor` is the `seq` of the last line that is known.
#[utoipa::path(get, path = "/api/jobs/{id}/log", operation_id = "jobs.log", tag = "jobs",
    params(("id" = i64, Path, example = 1), ListQuery),
    responses((status = 200, body = Page<LogLine>), (status = "4XX", body = ErrorBody)))]
async fn log(
    State(state): State<AppState>,
    language: Language,
    PathId(id): PathId<JobId>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<LogLine>>> {
    state.catalog.job(id).await?;
    log_of(&state, id, &query, language).await.map(Json)
}

pub async fn log_of(state: &AppState, job: JobId, query: &ListQuery, language: Language) -> ApiResult<Page<LogLine>> {
    let limit = query.page().limit;
    let lines = state.catalog.job_log(job, line_after(query)?, limit + 1).await?;
    Ok(log_page(lines, limit, language))
}

/// The line that is known, out of the cursor.
pub fn line_after(query: &ListQuery) -> ApiResult<Option<i64>> {
    let cursor = query.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    let bad = |_| ApiError::new(&codes::BAD_CURSOR).field("cursor");
    cursor.map(|cursor| cursor.parse::<i64>().map_err(bad)).transpose()
}

/// Of lines that were read with a limit one above. A log grows: `total` is what is in the answer.
pub fn log_page(mut lines: Vec<rempart_catalog::LogRow>, limit: u32, language: Language) -> Page<LogLine> {
    let has_more = lines.len() > limit as usize;
    lines.truncate(limit as usize);
    let next_cursor = lines.last().filter(|_| has_more).map(|line| line.seq.to_string());
    let total = lines.len() as u64;
    Page { items: lines.into_iter().map(|line| shown::log_line(line, language)).collect(), next_cursor, total }
}
