//! Recovery points: listed, browsed, searched, downloaded, restored.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use rempart_catalog::SnapshotFilter;
use rempart_model::{Permission, PlanId, RepoId, ServerId, SnapshotRowId};
use rempart_work::browse::{DownloadForm, FOUND_AT_MOST, path_bytes, readable_path};
use rempart_work::handler::RestorePayload;
use rempart_work::task::restore::RestoreTask;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::types::{Accepted, ErrorBody, Page, RestoreRequest, Snapshot, SnapshotEntry};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::{self, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list_all))
        .needs(Permission::Read, routes!(read))
        .needs(Permission::ManageStorage, routes!(remove))
        .needs(Permission::Read, routes!(files))
        .needs(Permission::Read, routes!(find))
        .brings_out(Permission::Restore, routes!(download))
        .brings_out(Permission::Restore, routes!(restore))
}

/// Which recovery points.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct SnapshotQuery {
    limit: Option<u32>,
    cursor: Option<String>,
    /// `takenAt` for the oldest first; the newest come first else.
    sort: Option<String>,
    /// Part of a host's name, a path or a tag, or the beginning of the hash.
    q: Option<String>,
    repository_id: Option<i64>,
    server_id: Option<i64>,
    plan_id: Option<i64>,
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Lists recovery points, newest first.
#[utoipa::path(get, path = "/api/snapshots", operation_id = "snapshots.list", tag = "snapshots", params(SnapshotQuery),
    responses((status = 200, body = Page<Snapshot>), (status = "4XX", body = ErrorBody)))]
async fn list_all(
    State(state): State<AppState>,
    Query(query): Query<SnapshotQuery>,
) -> ApiResult<Json<Page<Snapshot>>> {
    let filter = SnapshotFilter {
        repository_id: query.repository_id.map(RepoId),
        server_id: query.server_id.map(ServerId),
        plan_id: query.plan_id.map(PlanId),
        taken_from: query.from,
        taken_until: query.until,
        text: query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
        oldest_first: query.sort.as_deref() == Some("takenAt"),
    };
    let request = ListQuery { limit: query.limit, cursor: query.cursor, sort: None, q: None }.page();
    let page = state.catalog.snapshots(&filter, &request).await?;
    Ok(Json(list::answer(page, Snapshot::from)))
}

/// One recovery point.
#[utoipa::path(get, path = "/api/snapshots/{id}", operation_id = "snapshots.read", tag = "snapshots",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Snapshot), (status = "4XX", body = ErrorBody)))]
async fn read(State(state): State<AppState>, PathId(id): PathId<SnapshotRowId>) -> ApiResult<Json<Snapshot>> {
    Ok(Json(state.catalog.snapshot(id).await?.into()))
}

/// Removes a recovery point from its repository. Its space comes back with the next prune.
#[utoipa::path(delete, path = "/api/snapshots/{id}", operation_id = "snapshots.delete", tag = "snapshots",
    params(("id" = i64, Path, example = 1)), responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<SnapshotRowId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    delete(&state, &caller, &audit, id).await
}

/// The newest first, for the old route.
pub async fn page(state: &AppState, query: &ListQuery) -> ApiResult<Page<Snapshot>> {
    let filter = SnapshotFilter { text: query.text().map(str::to_owned), ..SnapshotFilter::default() };
    Ok(list::answer(state.catalog.snapshots(&filter, &query.page()).await?, Snapshot::from))
}

/// The same for the old route.
pub async fn delete(
    state: &AppState,
    caller: &Caller,
    audit: &Audit,
    id: SnapshotRowId,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.snapshot(id).await?;
    audit.object(id, &row.hash);
    let job = state.work.enqueue_snapshot_delete(id, Some(caller.user)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: None })))
}

/// Which folder, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilesQuery {
    /// As entries name it; empty for the root.
    #[serde(default)]
    path: String,
    #[param(minimum = 1, maximum = 1000, example = 200)]
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Lists a folder of a recovery point, by name.
#[utoipa::path(get, path = "/api/snapshots/{id}/files", operation_id = "snapshots.files", tag = "snapshots",
    params(("id" = i64, Path, example = 1), FilesQuery),
    responses((status = 200, body = Page<SnapshotEntry>), (status = "4XX", body = ErrorBody)))]
async fn files(
    State(state): State<AppState>,
    PathId(id): PathId<SnapshotRowId>,
    Query(query): Query<FilesQuery>,
) -> ApiResult<Json<Page<SnapshotEntry>>> {
    let limit = query.limit.unwrap_or(200).clamp(1, 1000) as usize;
    let after = query.cursor.as_deref().filter(|cursor| !cursor.is_empty());
    let page = state.work.list_snapshot(id, &query.path, after, limit).await?;
    Ok(Json(Page {
        items: page.entries.into_iter().map(SnapshotEntry::from).collect(),
        next_cursor: page.next,
        total: page.total,
    }))
}

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FindQuery {
    /// Part of a name, or with `*` and `?` in it, the whole name.
    #[param(example = "nginx.conf")]
    q: String,
    #[param(minimum = 1, maximum = 1000, example = 200)]
    limit: Option<u32>,
}

/// Finds entries by name, anywhere in a recovery point. A `total` above the number of items says that there are more: the
/// question is to be narrowed down.
#[utoipa::path(get, path = "/api/snapshots/{id}/find", operation_id = "snapshots.find", tag = "snapshots",
    params(("id" = i64, Path, example = 1), FindQuery), responses((status = 200, body = Page<SnapshotEntry>), (status = "4XX", body = ErrorBody)))]
async fn find(
    State(state): State<AppState>,
    PathId(id): PathId<SnapshotRowId>,
    Query(query): Query<FindQuery>,
) -> ApiResult<Json<Page<SnapshotEntry>>> {
    let text = query.q.trim();
    if text.is_empty() {
        return Err(ApiError::new(&codes::BAD_QUERY).with("detail", "q").field("q"));
    }
    let limit = query.limit.map_or(FOUND_AT_MOST, |limit| limit.clamp(1, 1000) as usize);
    let page = state.work.find_in_snapshot(id, text, limit).await?;
    let items: Vec<SnapshotEntry> = page.entries.into_iter().map(SnapshotEntry::from).collect();
    // One more than are shown says that there are more.
    let total = items.len() as u64 + u64::from(page.is_cut);
    Ok(Json(Page { items, next_cursor: None, total }))
}

/// What to download.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DownloadQuery {
    /// As entries name it; empty for everything.
    #[serde(default)]
    path: String,
    /// `tar` or `zip`; a folder comes as zip where it is not said, a file as it is.
    format: Option<String>,
}

/// Downloads a file, or a folder as an archive. The stream breaks off where something cannot be read.
#[utoipa::path(get, path = "/api/snapshots/{id}/download", operation_id = "snapshots.download", tag = "snapshots",
    params(("id" = i64, Path, example = 1), DownloadQuery),
    responses((status = 200, description = "The bytes of the file, or of the archive", content(
            (String = "application/octet-stream", example = json!("the bytes of the file")),
            (String = "application/zip", example = json!("the bytes of the archive")),
            (String = "application/x-tar", example = json!("the bytes of the archive")))),
        (status = "4XX", body = ErrorBody)))]
async fn download(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<SnapshotRowId>,
    Query(query): Query<DownloadQuery>,
) -> ApiResult<Response> {
    let row = state.catalog.snapshot(id).await?;
    audit.object(id, &row.hash).detail(readable(&query.path));
    let archive = match query.format.as_deref() {
        None | Some("") => None,
        Some("tar") => Some(DownloadForm::Tar),
        Some("zip") => Some(DownloadForm::Zip),
        Some(_) => return Err(ApiError::new(&codes::BAD_QUERY).with("detail", "format").field("format")),
    };
    let download = state.work.download(id, &query.path, archive).await?;
    let kind = match download.form {
        DownloadForm::File => "application/octet-stream",
        DownloadForm::Tar => "application/x-tar",
        DownloadForm::Zip => "application/zip",
    };
    let mut pieces = download.pieces;
    let stream = futures_util::stream::poll_fn(move |context| pieces.poll_recv(context)).boxed();
    let mut response = HttpBody::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&download.file_name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(bytes) = download.size_bytes {
        headers.insert(header::CONTENT_LENGTH, bytes.into());
    }
    Ok(response)
}

/// Saved, never shown: a page out of a backup must not run here. The name in two spellings, for old and new browsers.
fn disposition(name: &str) -> HeaderValue {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\".contains(c) { c } else { '_' }).collect();
    let encoded = rempart_work::browse::path_text(name.replace('/', "_").as_bytes());
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// Brings files back to the machine.
#[utoipa::path(post, path = "/api/snapshots/{id}/restore", operation_id = "snapshots.restore", tag = "snapshots",
    request_body = RestoreRequest, params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<SnapshotRowId>,
    Body(body): Body<RestoreRequest>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    begin_restore(&state, &caller, &audit, id, body).await
}

/// The same for the old routes.
pub async fn begin_restore(
    state: &AppState,
    caller: &Caller,
    audit: &Audit,
    id: SnapshotRowId,
    body: RestoreRequest,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.snapshot(id).await?;
    audit.object(id, &row.hash).detail(restored(&body));
    let task = RestoreTask {
        paths: body.paths,
        target: body.target.filter(|target| !target.is_empty()),
        overwrite: body.overwrite,
        delete: body.delete,
        dry_run: body.dry_run,
        verify: body.verify,
    };
    let payload = RestorePayload { snapshot_id: id, server_id: body.server_id.map(ServerId::new), task };
    let job = state.work.enqueue_restore(payload, Some(caller.user)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: None })))
}

/// A path of an address as people read it: what is no UTF-8 alone stays in percent code.
fn readable(path: &str) -> String {
    if path.is_empty() { "/".to_owned() } else { readable_path(&path_bytes(path)) }
}

/// What is restored, and where to: for the audit log.
fn restored(body: &RestoreRequest) -> String {
    const NAMED: usize = 5;
    let mut paths: Vec<String> = body.paths.iter().take(NAMED).map(|path| readable(path)).collect();
    if paths.is_empty() {
        paths.push(readable(""));
    }
    if body.paths.len() > NAMED {
        paths.push(format!("… (+{})", body.paths.len() - NAMED));
    }
    let target = body.target.as_deref().filter(|target| !target.is_empty()).unwrap_or("in place");
    format!("{} → {target}", paths.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_names_what_is_restored_as_people_read_it() {
        let body = |paths: &[&str], target: Option<&str>| RestoreRequest {
            server_id: None,
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            target: target.map(str::to_owned),
            overwrite: rempart_model::Overwrite::Never,
            delete: false,
            dry_run: false,
            verify: false,
        };
        assert_eq!(restored(&body(&[], None)), "/ → in place");
        assert_eq!(
            restored(&body(&["/My%20Docs/%C3%A9t%C3%A9", "/caf%E9"], Some("/tmp"))),
            "/My Docs/été, /caf%E9 → /tmp"
        );
        assert_eq!(restored(&body(&["/a"; 7], Some(""))), "/a, /a, /a, /a, /a, … (+2) → in place");
    }

    #[test]
    fn a_name_can_break_no_header() {
        for name in ["a.txt", "a\"b\\c.txt", "é\r\nX: y", "../x"] {
            let value = disposition(name);
            let text = value.to_str().unwrap_or_else(|_| panic!("{name:?} gives {value:?}"));
            assert!(text.starts_with("attachment; filename=\""), "{text}");
            assert!(!text.contains(['\r', '\n']), "{text:?}");
        }
    }
}
