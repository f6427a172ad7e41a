//! The routes of the systems that Rempart replaces, as thin views over the same services: scripts written for those keep
//! working. Everything about them is here. `/api/plans`, `/api/servers` and `/api/workers` need no view: they are the new
//! routes.
//!
//! [`TABLE`] says what each does today.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_jobs::RunOptions;
use rempart_model::{Overwrite, Permission, PlanId, RunId, SnapshotRowId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::run_options::BackupOptions;
use super::types::{
    Accepted, ErrorBody, Language, Page, Pool, PoolCreate, PoolKind, PoolPlace, RestoreRequest, RunState, Snapshot,
};
use super::{plans, pools, runs, snapshots};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::etag::Versioned;
use crate::http::list::ListQuery;
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

/// What an old route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// The same as this new route.
    SameAs(&'static str),
    /// It is a new route, with the old one's meaning.
    IsNew,
}

/// Every old route: method, path, what it does.
pub const TABLE: &[(&str, &str, Does)] = &[
    ("GET", "/api/plans", Does::IsNew),
    ("POST", "/api/plans", Does::IsNew),
    ("POST", "/api/plans/{id}/execute", Does::IsNew),
    ("GET", "/api/journals", Does::SameAs("GET /api/runs")),
    ("POST", "/api/backups", Does::SameAs("POST /api/plans/{id}/execute")),
    ("GET", "/api/backups", Does::SameAs("GET /api/snapshots")),
    ("DELETE", "/api/backups/{id}", Does::SameAs("DELETE /api/snapshots/{id}")),
    ("POST", "/api/restores", Does::SameAs("POST /api/snapshots/{id}/restore")),
    ("POST", "/api/restore/{id}", Does::SameAs("POST /api/snapshots/{id}/restore")),
    ("GET", "/api/destinations", Does::SameAs("GET /api/pools")),
    ("POST", "/api/destinations", Does::SameAs("POST /api/pools")),
    ("POST", "/api/backup-jobs/{id}/run", Does::SameAs("POST /api/plans/{id}/execute")),
    ("GET", "/api/servers", Does::IsNew),
    ("POST", "/api/servers", Does::IsNew),
    ("POST", "/api/servers/{id}/collect-stats", Does::IsNew),
    ("GET", "/api/workers", Does::IsNew),
    ("POST", "/api/workers/{name}/start", Does::IsNew),
    ("POST", "/api/workers/{name}/stop", Does::IsNew),
    ("POST", "/api/workers/{name}/restart", Does::IsNew),
    ("GET", "/api/workers/{name}/logs", Does::IsNew),
];

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| old route | today |\n|---|---|\n");
    for (method, path, does) in TABLE {
        let today = match does {
            Does::SameAs(route) => format!("as `{route}`"),
            Does::IsNew => "works".to_owned(),
        };
        text.push_str(&format!("| `{method} {path}` | {today} |\n"));
    }
    text
}

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(journals))
        .needs(Permission::Run, routes!(backup))
        .needs(Permission::Read, routes!(backups))
        .needs(Permission::ManageStorage, routes!(delete_backup))
        .brings_out(Permission::Restore, routes!(restore))
        .brings_out(Permission::Restore, routes!(restore_by_id))
        .needs(Permission::Read, routes!(destinations))
        .needs(Permission::ManageStorage, routes!(create_destination))
        .needs(Permission::Run, routes!(run_backup_job))
}

/// A finished or running execution of a plan, in the words of the old journal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Journal {
    id: i64,
    plan_id: Option<i64>,
    plan_name: String,
    status: RunState,
    #[schema(value_type = String, format = DateTime)]
    start_time: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    end_time: Option<Timestamp>,
    duration_ms: Option<i64>,
    /// What was newly stored.
    size_bytes: u64,
    message: Option<String>,
    storage: JournalStorage,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JournalStorage {
    repository_id: Option<i64>,
    read_bytes: u64,
    stored_bytes: u64,
}

/// Old: the journal of runs. Now: `GET /api/runs`.
#[utoipa::path(get, path = "/api/journals", operation_id = "legacy.journals", tag = "legacy", params(ListQuery),
    responses((status = 200, body = Page<Journal>), (status = "4XX", body = ErrorBody)))]
async fn journals(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Journal>>> {
    let page = runs::page(&state, &query, runs::Which::default(), language).await?;
    let items = page
        .items
        .into_iter()
        .map(|run| {
            let start_time = run.started_at.unwrap_or(run.queued_at);
            Journal {
                id: run.id,
                plan_id: run.plan_id,
                plan_name: run.plan_name,
                status: run.state,
                start_time,
                end_time: run.ended_at,
                duration_ms: run.ended_at.map(|end| end.as_millisecond() - start_time.as_millisecond()),
                size_bytes: run.counters.stored_bytes,
                message: run.message,
                storage: JournalStorage {
                    repository_id: run.repository_id,
                    read_bytes: run.counters.bytes_done,
                    stored_bytes: run.counters.stored_bytes,
                },
            }
        })
        .collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor, total: page.total }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackupRequest {
    plan_id: i64,
    #[serde(default)]
    options: Option<BackupOptions>,
}

/// Old: back up by a plan. Now: `POST /api/plans/{id}/execute`.
#[utoipa::path(post, path = "/api/backups", operation_id = "legacy.backup", tag = "legacy", request_body = BackupRequest,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn backup(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    Body(body): Body<BackupRequest>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let options = body.options.unwrap_or_default().into();
    plans::run_now(&state, &caller, &audit, PlanId::new(body.plan_id), options).await
}

/// Old: run a backup job. Now: `POST /api/plans/{id}/execute`.
#[utoipa::path(post, path = "/api/backup-jobs/{id}/run", operation_id = "legacy.runBackupJob", tag = "legacy",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn run_backup_job(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<PlanId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    plans::run_now(&state, &caller, &audit, id, RunOptions::default()).await
}

/// Old: the backups there are. Now: `GET /api/snapshots`.
#[utoipa::path(get, path = "/api/backups", operation_id = "legacy.backups", tag = "legacy", params(ListQuery),
    responses((status = 200, body = Page<Snapshot>), (status = "4XX", body = ErrorBody)))]
async fn backups(State(state): State<AppState>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<Snapshot>>> {
    snapshots::page(&state, &query).await.map(Json)
}

/// Old: delete a backup. Now: `DELETE /api/snapshots/{id}`.
#[utoipa::path(delete, path = "/api/backups/{id}", operation_id = "legacy.deleteBackup", tag = "legacy",
    params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn delete_backup(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<SnapshotRowId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    snapshots::delete(&state, &caller, &audit, id).await
}

/// What is restored, where to. One of the three ids says which backup.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LegacyRestore {
    /// Of a backup, as `GET /api/backups` lists it.
    #[serde(default)]
    backup_id: Option<i64>,
    /// Of a journal entry, as `GET /api/journals` lists it.
    #[serde(default)]
    journal_id: Option<i64>,
    /// A folder; `null`: where the files came from.
    #[serde(default)]
    target: Option<String>,
    /// Empty: everything.
    #[serde(default)]
    paths: Vec<String>,
}

/// Old: restore a backup, or what a journal entry stored. Now: `POST /api/snapshots/{id}/restore`.
#[utoipa::path(post, path = "/api/restores", operation_id = "legacy.restore", tag = "legacy",
    request_body = LegacyRestore,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    Body(body): Body<LegacyRestore>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let id = match (body.backup_id, body.journal_id) {
        (Some(id), _) => SnapshotRowId::new(id),
        (None, Some(id)) => snapshot_of(&state, RunId::new(id)).await?,
        (None, None) => {
            return Err(ApiError::new(&codes::EMPTY_FIELD).with("name", "backupId").field("backupId"));
        }
    };
    snapshots::begin_restore(&state, &caller, &audit, id, request(body)).await
}

/// Old: restore what a journal entry stored. Now: `POST /api/snapshots/{id}/restore`.
#[utoipa::path(post, path = "/api/restore/{id}", operation_id = "legacy.restoreById", tag = "legacy",
    request_body = LegacyRestore, params(("id" = i64, Path, description = "Of a journal entry", example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn restore_by_id(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<RunId>,
    Body(body): Body<LegacyRestore>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let snapshot = snapshot_of(&state, id).await?;
    snapshots::begin_restore(&state, &caller, &audit, snapshot, request(body)).await
}

/// Files that are there and the same stay as they are: what the old systems did, and the least harm.
fn request(body: LegacyRestore) -> RestoreRequest {
    RestoreRequest {
        paths: body.paths,
        server_id: None,
        target: body.target,
        overwrite: Overwrite::IfChanged,
        delete: false,
        dry_run: false,
        verify: true,
    }
}

async fn snapshot_of(state: &AppState, run: RunId) -> ApiResult<SnapshotRowId> {
    let found = runs::snapshot_of(state, run).await?;
    found.ok_or_else(|| ApiError::new(&codes::RUN_WITHOUT_SNAPSHOT))
}

/// A destination as the old system wrote it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DestinationCreate {
    name: String,
    /// Which fields `config` has depends on it: those of a storage pool's place.
    #[serde(rename = "type")]
    kind: PoolKind,
    #[schema(value_type = Object)]
    config: serde_json::Map<String, serde_json::Value>,
}

/// Old: where backups go. Now: `GET /api/pools`.
#[utoipa::path(get, path = "/api/destinations", operation_id = "legacy.destinations", tag = "legacy",
    params(ListQuery),
    responses((status = 200, body = Page<Pool>), (status = "4XX", body = ErrorBody)))]
async fn destinations(
    State(state): State<AppState>,
    language: Language,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Pool>>> {
    pools::page(&state, language, &query).await.map(Json)
}

/// Old: add a place for backups. Now: `POST /api/pools`.
#[utoipa::path(post, path = "/api/destinations", operation_id = "legacy.createDestination", tag = "legacy",
    request_body = DestinationCreate,
    responses((status = 201, body = Pool), (status = "4XX", body = ErrorBody)))]
async fn create_destination(
    State(state): State<AppState>,
    language: Language,
    audit: Audit,
    Body(body): Body<DestinationCreate>,
) -> ApiResult<Versioned<Pool>> {
    let mut place = body.config;
    let kind = serde_json::to_value(body.kind).map_err(ApiError::internal)?;
    place.insert("kind".to_owned(), kind);
    let place: PoolPlace = serde_json::from_value(place.into()).map_err(|error| {
        ApiError::new(&codes::WRONG_TYPE).with("detail", crate::http::body::detail(&error)).field("config")
    })?;
    pools::add(&state, language, &audit, PoolCreate { name: body.name, place }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_old_route_is_there_and_nothing_is_promised_twice() {
        let (_, table) = crate::app::description();
        for (method, path, _) in TABLE {
            let found = table.iter().filter(|row| row.method == *method && row.path == *path).count();
            assert_eq!(found, 1, "{method} {path}");
        }
    }

    #[test]
    fn the_documentation_lists_them_all() {
        let documented = include_str!("../../../../docs/old-routes.md");
        assert!(documented.contains(&markdown()), "docs/old-routes.md is not in step; it should hold:\n{}", markdown());
    }
}
