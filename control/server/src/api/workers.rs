//! Workers: those of this server's process and of every `rempart worker`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::WorkerRow;
use rempart_jobs::WorkerCommand;
use rempart_model::Permission;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::shown;
use super::types::{ErrorBody, Language, LogLine, Page, Worker, WorkerState, WorkerStop};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::{self, ListQuery};
use crate::http::path::Query;
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::ManageWorkers, routes!(list))
        .needs(Permission::ManageWorkers, routes!(start))
        .needs(Permission::ManageWorkers, routes!(stop))
        .needs(Permission::ManageWorkers, routes!(restart))
        .needs(Permission::ManageWorkers, routes!(logs))
}

fn shown(row: WorkerRow, own_process: &str, now: Timestamp) -> Worker {
    let state = match (row.is_alive(now), row.state) {
        (false, _) => WorkerState::Lost,
        (true, rempart_jobs::WorkerState::Idle) => WorkerState::Idle,
        (true, rempart_jobs::WorkerState::Busy) => WorkerState::Busy,
        (true, rempart_jobs::WorkerState::Stopping) => WorkerState::Stopping,
        (true, rempart_jobs::WorkerState::Stopped) => WorkerState::Stopped,
    };
    let started_at = row.started_at.unwrap_or(row.seen_at);
    let runs = !matches!(state, WorkerState::Stopped | WorkerState::Lost);
    Worker {
        state,
        embedded: row.process == own_process,
        host_name: row.host,
        pid: row.pid,
        started_at,
        uptime_seconds: if runs { now.duration_since(started_at).as_secs().max(0).unsigned_abs() } else { 0 },
        resident_bytes: row.memory_bytes,
        cpu_percent: row.cpu_percent,
        current_job_id: row.job.map(|(id, _)| id.get()),
        jobs_done: row.jobs_done,
        name: row.name,
    }
}

/// Lists the workers of all machines, process by process; searched by their names and their machines'.
#[utoipa::path(get, path = "/api/workers", operation_id = "workers.list", tag = "workers", params(ListQuery),
    responses((status = 200, body = Page<Worker>), (status = "4XX", body = ErrorBody)))]
async fn list(State(state): State<AppState>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Worker>>> {
    let now = Timestamp::now();
    let page = state.catalog.workers(query.text(), &query.page()).await?;
    Ok(Json(list::answer(page, |row| shown(row, &state.process.id, now))))
}

/// Starts a worker that was stopped.
#[utoipa::path(post, path = "/api/workers/{name}/start", operation_id = "workers.start", tag = "workers",
    params(("name" = String, Path, example = "w1")),
    responses((status = 202, body = Worker), (status = "4XX", body = ErrorBody)))]
async fn start(
    State(state): State<AppState>,
    audit: Audit,
    Path(name): Path<String>,
) -> ApiResult<(StatusCode, Json<Worker>)> {
    tell(&state, &audit, &name, WorkerCommand::Start).await
}

/// Stops a worker: after its current job, or with `now` at once, and its job is done elsewhere.
#[utoipa::path(post, path = "/api/workers/{name}/stop", operation_id = "workers.stop", tag = "workers",
    request_body = WorkerStop, params(("name" = String, Path, example = "w1")),
    responses((status = 202, body = Worker), (status = "4XX", body = ErrorBody)))]
async fn stop(
    State(state): State<AppState>,
    audit: Audit,
    Path(name): Path<String>,
    Body(body): Body<WorkerStop>,
) -> ApiResult<(StatusCode, Json<Worker>)> {
    let command = if body.now { WorkerCommand::StopNow } else { WorkerCommand::Stop };
    tell(&state, &audit, &name, command).await
}

/// Stops a worker after its current job, and starts it.
#[utoipa::path(post, path = "/api/workers/{name}/restart", operation_id = "workers.restart", tag = "workers",
    params(("name" = String, Path, example = "w1")),
    responses((status = 202, body = Worker), (status = "4XX", body = ErrorBody)))]
async fn restart(
    State(state): State<AppState>,
    audit: Audit,
    Path(name): Path<String>,
) -> ApiResult<(StatusCode, Json<Worker>)> {
    tell(&state, &audit, &name, WorkerCommand::Restart).await
}

async fn tell(
    state: &AppState,
    audit: &Audit,
    name: &str,
    command: WorkerCommand,
) -> ApiResult<(StatusCode, Json<Worker>)> {
    let unknown = || ApiError::new(&codes::WORKER_UNKNOWN).with("name", name);
    let now = Timestamp::now();
    let row = state.catalog.worker(name).await?.ok_or_else(unknown)?;
    audit.object(row.id, name).detail(command.as_str());
    if !row.is_alive(now) {
        return Err(ApiError::new(&codes::WORKER_PROCESS_GONE).with("name", name).with("host", &row.host));
    }
    let mut tx = state.catalog.begin().await?;
    let told = tx.command_worker(name, command, now).await?;
    tx.commit().await?;
    if !told {
        return Err(unknown());
    }
    Ok((StatusCode::ACCEPTED, Json(shown(row, &state.process.id, now))))
}

/// Which lines of a worker's log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct Lines {
    /// The last so many: 1 to 1000, 200 where it is not said.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    lines: Option<u32>,
    /// Not older than this.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// The last lines of a worker's log, oldest first.
#[utoipa::path(get, path = "/api/workers/{name}/logs", operation_id = "workers.logs", tag = "workers",
    params(("name" = String, Path, example = "w1"), Lines),
    responses((status = 200, body = Page<LogLine>), (status = "4XX", body = ErrorBody)))]
async fn logs(
    State(state): State<AppState>,
    language: Language,
    Path(name): Path<String>,
    Query(lines): Query<Lines>,
) -> ApiResult<Json<Page<LogLine>>> {
    let unknown = || ApiError::new(&codes::WORKER_UNKNOWN).with("name", &name);
    state.catalog.worker(&name).await?.ok_or_else(unknown)?;
    let limit = lines.lines.unwrap_or(200).clamp(1, 1000);
    let found = state.catalog.worker_log(&name, lines.since, limit).await?;
    let items: Vec<LogLine> = found.into_iter().map(|line| shown::log_line(line, language)).collect();
    Ok(Json(Page { total: items.len() as u64, items, next_cursor: None }))
}
