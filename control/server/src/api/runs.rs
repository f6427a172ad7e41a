//! Runs: executions of plans, going on and over.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, RunFilter, RunRow};
use rempart_jobs::{BackupPayload, Origin, RunOptions, start_run};
use rempart_model::{Permission, PlanId, RepoId, RunId, RunOrigin, ServerId, SnapshotRowId, UserId};
use rempart_work::localised;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::shown::{self, ServerNames};
use super::types::{Accepted, ErrorBody, Language, LogLine, Page, Run, RunProblem, RunState, RunSummary};
use crate::http::audit::Audit;
use crate::http::caller::Caller;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::{self, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::Read, routes!(show))
        .needs(Permission::Run, routes!(cancel))
        .needs(Permission::Run, routes!(retry))
        .needs(Permission::Read, routes!(problems))
        .needs(Permission::Read, routes!(log))
}

/// Which runs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Which {
    pub plan_id: Option<i64>,
    pub server_id: Option<i64>,
    pub repository_id: Option<i64>,
    /// Several, separated by commas: `failed,warning`; `active`: those that wait or go on.
    pub state: Option<String>,
}

/// The states of a list's filter; `active` stands for the words in `active`.
pub(super) fn states<S: serde::de::DeserializeOwned + Clone>(text: Option<&str>, active: &[S]) -> ApiResult<Vec<S>> {
    let mut states = Vec::new();
    for word in text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if word == "active" {
            states.extend_from_slice(active);
            continue;
        }
        let read = serde_json::from_value(serde_json::Value::String(word.to_owned()));
        let detail = || format!("state: {}", word.chars().take(40).collect::<String>());
        states.push(read.map_err(|_| ApiError::new(&codes::BAD_QUERY).with("detail", detail()).field("state"))?);
    }
    Ok(states)
}

/// Lists runs, the newest first.
#[utoipa::path(get, path = "/api/runs", operation_id = "runs.list", tag = "runs", params(ListQuery, Which),
    responses((status = 200, body = Page<RunSummary>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    Query(query): Query<ListQuery>,
    Query(which): Query<Which>,
) -> ApiResult<Json<Page<RunSummary>>> {
    page(&state, &query, which, language).await.map(Json)
}

/// The same for the old route.
pub async fn page(
    state: &AppState,
    query: &ListQuery,
    which: Which,
    language: Language,
) -> ApiResult<Page<RunSummary>> {
    let asked = states(which.state.as_deref(), &[RunState::Queued, RunState::Running])?;
    let filter = RunFilter {
        states: asked,
        plan_id: which.plan_id.map(PlanId::new),
        server_id: which.server_id.map(ServerId::new),
        repository_id: which.repository_id.map(RepoId::new),
        ..RunFilter::default()
    };
    let found = state.catalog.runs(&filter, &query.page()).await?;
    let servers: Vec<ServerId> = found.items.iter().map(|run| run.server_id).collect();
    let names = ServerNames::of_all(&state.catalog, &servers).await?;
    Ok(list::answer(found, |row| shown::run(row, &names, language)))
}

/// Shows a run with how far it is.
#[utoipa::path(get, path = "/api/runs/{id}", operation_id = "runs.show", tag = "runs", params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = Run), (status = "4XX", body = ErrorBody)))]
async fn show(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<RunId>,
) -> ApiResult<Json<Run>> {
    let row = state.catalog.run(id).await?;
    let progress = match row.job_id {
        Some(job) if !row.state.is_final() => state.catalog.job(job).await.ok().and_then(|job| job.progress),
        _ => None,
    };
    let (snapshot_id, attempt) = (row.snapshot_id.map(SnapshotRowId::get), row.attempt);
    let names = ServerNames::of_all(&state.catalog, &[row.server_id]).await?;
    let mut summary = shown::run(row, &names, language);
    let (mut current_files, mut eta_seconds) = (Vec::new(), None);
    if let Some(progress) = progress {
        summary.counters = progress.counters;
        summary.rate_bytes_per_second = progress.rate_bytes_per_second;
        current_files = progress.current_files;
        eta_seconds = progress.eta_seconds;
    }
    Ok(Json(Run { summary, snapshot_id, current_files, eta_seconds, attempt }))
}

/// Cancels a run: at once while it waits, within seconds while it goes on. What it stored stays for the next run.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", operation_id = "runs.cancel", tag = "runs",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn cancel(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<RunId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.run(id).await?;
    audit.object(id, &row.plan_name);
    let not_active = || ApiError::new(&codes::RUN_NOT_ACTIVE);
    let job = row.job_id.filter(|_| !row.state.is_final()).ok_or_else(not_active)?;
    if !super::jobs::ask_to_cancel(&state, job).await? {
        return Err(not_active());
    }
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: Some(id.get()) })))
}

/// Runs the plan of a run that is over again, with what was asked for that run alone.
#[utoipa::path(post, path = "/api/runs/{id}/retry", operation_id = "runs.retry", tag = "runs",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<RunId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.run(id).await?;
    audit.object(id, &row.plan_name);
    if !row.state.is_final() {
        return Err(ApiError::new(&codes::RUN_STILL_ACTIVE));
    }
    let options = options_of(&state, &row).await?;
    let origin = Origin { retry_of: Some(id), options, ..Origin::asked(RunOrigin::Retry, Some(caller.user)) };
    start(&state, row.plan_id, origin).await.map_err(|error| match error.code().id {
        "request.not_found" => ApiError::new(&codes::RUN_WITHOUT_PLAN),
        _ => error,
    })
}

/// What a run did otherwise than its plan says. Its job knows, as long as jobs are kept.
async fn options_of(state: &AppState, run: &RunRow) -> ApiResult<RunOptions> {
    let Some(job) = run.job_id else { return Ok(RunOptions::default()) };
    match state.catalog.job(job).await {
        Ok(job) => {
            Ok(serde_json::from_value(job.payload).map(|payload: BackupPayload| payload.options).unwrap_or_default())
        }
        Err(error) if error.kind() == CatalogErrorKind::NotFound => Ok(RunOptions::default()),
        Err(error) => Err(error.into()),
    }
}

/// Begins a run of a plan: the one way for every route. One at a time: a second "run now" would wait for the first and
/// find nothing new.
pub async fn start(state: &AppState, plan: PlanId, origin: Origin) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let plan = state.catalog.plan(plan).await?.to_run();
    if state.catalog.has_active_run(plan.id).await? {
        return Err(ApiError::new(&codes::PLAN_ALREADY_RUNS));
    }
    let started = start_run(&state.jobs, &plan, origin, None, Timestamp::now()).await.map_err(ApiError::internal)?;
    // Only a fire time can be taken already, and this run has none.
    let started = started.ok_or_else(|| ApiError::new(&codes::PLAN_ALREADY_RUNS))?;
    let accepted = Accepted { job_id: started.job_id.get(), run_id: Some(started.run_id.get()) };
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Who asks, by a person's click or a program's token.
#[must_use]
pub fn asked_by(caller: &Caller) -> Origin {
    use crate::http::caller::Credential;
    let kind = match caller.by {
        Credential::Session { .. } => RunOrigin::User,
        Credential::Token { .. } => RunOrigin::Api,
    };
    let user: Option<UserId> = Some(caller.user);
    Origin::asked(kind, user)
}

/// What is not in the recovery point, or not as it was.
#[utoipa::path(get, path = "/api/runs/{id}/problems", operation_id = "runs.problems", tag = "runs",
    params(("id" = i64, Path, example = 1), ListQuery),
    responses((status = 200, body = Page<RunProblem>), (status = "4XX", body = ErrorBody)))]
async fn problems(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<RunId>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<RunProblem>>> {
    state.catalog.run(id).await?;
    let found = state.catalog.run_problems(id, &query.page()).await?;
    let shown = |row: rempart_catalog::ProblemRow| RunProblem {
        path: row.problem.path,
        kind: row.problem.kind,
        message: localised(&row.problem.message, language.into()).0,
    };
    Ok(Json(list::answer(found, shown)))
}

/// The log of the run's job, oldest line first. `cursor` is the `seq` of the last line that is known.
#[utoipa::path(get, path = "/api/runs/{id}/log", operation_id = "runs.log", tag = "runs",
    params(("id" = i64, Path, example = 1), ListQuery),
    responses((status = 200, body = Page<LogLine>), (status = "4XX", body = ErrorBody)))]
async fn log(
    State(state): State<AppState>,
    language: Language,
    PathId(id): PathId<RunId>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<LogLine>>> {
    let row: RunRow = state.catalog.run(id).await?;
    match row.job_id {
        Some(job) => super::jobs::log_of(&state, job, &query, language).await.map(Json),
        None => Ok(Json(Page { items: Vec::new(), next_cursor: None, total: 0 })),
    }
}

/// The recovery point that a run left.
pub async fn snapshot_of(state: &AppState, run: RunId) -> ApiResult<Option<SnapshotRowId>> {
    Ok(state.catalog.run(run).await?.snapshot_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_names_states_and_may_say_active() {
        let active = [RunState::Queued, RunState::Running];
        assert_eq!(states(None, &active).unwrap(), []);
        assert_eq!(states(Some("failed, warning"), &active).unwrap(), [RunState::Failed, RunState::Warning]);
        assert_eq!(states(Some("active"), &active).unwrap(), active);
        assert_eq!(states(Some("lost"), &active).unwrap_err().code().id, "request.bad_query");
    }
}
