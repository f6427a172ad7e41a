//! Everything but uploads: create, list, read, remove.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use rempart_model::{ClientMode, Id};
use rempart_storage::{ObjectKind, ObjectName};
use serde::Serialize;

use super::Shared;
use super::answer::Refusal;
use super::credentials::Admitted;
use super::range::{self, Part};
use super::stores::Served;

const LIST_V1: &str = "application/vnd.x.restic.rest.v1";
const LIST_V2: &str = "application/vnd.x.restic.rest.v2";

/// Objects are sent in pieces of this size, so that a pack never sits whole in memory.
const PIECE_BYTES: u64 = 1 << 20;
/// Where each piece is a request of its own.
const REMOTE_PIECE_BYTES: u64 = 8 << 20;

/// Runs what blocks on a thread made for it.
pub(super) async fn blocking<T: Send + 'static>(
    action: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(action).await.unwrap_or(Err(Refusal::Lost))
}

impl Shared {
    pub(super) async fn served(&self, admitted: &Admitted) -> Result<Served, Refusal> {
        Ok(self.stores.get(admitted.repository).await?)
    }
}

pub(super) fn kind_of(folder: &str) -> Result<ObjectKind, Refusal> {
    ObjectKind::ALL.into_iter().find(|kind| kind.folder() == folder).ok_or(Refusal::NotFound)
}

pub(super) fn name_of(folder: &str, name: &str) -> Result<ObjectName, Refusal> {
    let id = Id::from_hex(name.as_bytes())
        .map_err(|_| Refusal::Malformed("the name of an object is 64 lowercase hexadecimal digits"))?;
    Ok(ObjectName::Named(kind_of(folder)?, id))
}

/// `POST /?create=true`.
pub(super) async fn create(
    State(shared): State<Shared>,
    Path(repository): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    if query.get("create").map(String::as_str) != Some("true") {
        return Err(Refusal::Malformed("to create a repository, ask with ?create=true"));
    }
    let served = shared.served(&admitted).await?;
    blocking(move || Ok(served.store.create()?)).await?;
    Ok(StatusCode::OK)
}

#[derive(Serialize)]
struct Entry {
    name: Id,
    size: u64,
}

/// `GET /<kind>/`: names and sizes, or names alone for clients of version 1.
pub(super) async fn list(
    State(shared): State<Shared>,
    Path((repository, kind)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    let kind = kind_of(&kind)?;
    let served = shared.served(&admitted).await?;
    let wants_sizes = headers.get_all(header::ACCEPT).iter().any(|accept| accept.as_bytes() == LIST_V2.as_bytes());
    let (content_type, body) = blocking(move || {
        let found = served.store.list(kind)?;
        let written = match wants_sizes {
            true => {
                let entries: Vec<Entry> =
                    found.into_iter().map(|listed| Entry { name: listed.id, size: listed.size_bytes }).collect();
                (LIST_V2, serde_json::to_vec(&entries))
            }
            false => (LIST_V1, serde_json::to_vec(&found.into_iter().map(|listed| listed.id).collect::<Vec<_>>())),
        };
        Ok((written.0, written.1.map_err(|_| Refusal::Lost)?))
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, content_type)], body).into_response())
}

pub(super) async fn read_config(
    State(shared): State<Shared>,
    Path(repository): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    send(&shared, &admitted, ObjectName::Config, &method, &headers).await
}

pub(super) async fn read(
    State(shared): State<Shared>,
    Path((repository, kind, name)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    send(&shared, &admitted, name_of(&kind, &name)?, &method, &headers).await
}

async fn send(
    shared: &Shared,
    admitted: &Admitted,
    name: ObjectName,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let served = shared.served(admitted).await?;
    let asked = served.clone();
    let size_bytes = blocking(move || Ok(asked.store.size(name)?)).await?;
    let part = match *method {
        Method::HEAD => Part::Whole,
        _ => range::part(headers.get(header::RANGE).and_then(|value| value.to_str().ok()), size_bytes),
    };
    let (status, start, end) = match part {
        Part::Whole => (StatusCode::OK, 0, size_bytes),
        Part::Bytes { start, end } => (StatusCode::PARTIAL_CONTENT, start, end),
        Part::Outside => return Err(Refusal::RangeNotSatisfiable { size_bytes }),
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, end - start);
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(header::CONTENT_RANGE, format!("bytes {start}-{}/{size_bytes}", end - 1));
    }
    let body = if method == Method::HEAD { Body::empty() } else { pieces(served, name, start, end) };
    response.body(body).map_err(|_| Refusal::Lost)
}

/// The bytes from `start` to `end`, read while they are sent. An error ends the body early, which the length betrays.
fn pieces(served: Served, name: ObjectName, start: u64, end: u64) -> Body {
    let piece_bytes = if served.store.rereads_are_cheap() { PIECE_BYTES } else { REMOTE_PIECE_BYTES };
    Body::from_stream(stream::unfold(Some(start), move |at| {
        let served = served.clone();
        async move {
            let at = at.filter(|at| *at < end)?;
            let len = (end - at).min(piece_bytes);
            let read = blocking(move || Ok(served.store.read_range(name, at, len as usize)?)).await;
            Some(match read {
                Ok(bytes) => (Ok::<Bytes, std::io::Error>(bytes), Some(at + len)),
                Err(refusal) => {
                    tracing::error!(%name, ?refusal, "restic REST: an object could not be read to its end");
                    (Err(std::io::Error::other("the object could not be read to its end")), None)
                }
            })
        }
    }))
}

pub(super) async fn remove_config(
    State(shared): State<Shared>,
    Path(repository): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    delete(&shared, &admitted, ObjectName::Config).await
}

pub(super) async fn remove(
    State(shared): State<Shared>,
    Path((repository, kind, name)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    delete(&shared, &admitted, name_of(&kind, &name)?).await
}

async fn delete(shared: &Shared, admitted: &Admitted, name: ObjectName) -> Result<StatusCode, Refusal> {
    match (admitted.client.mode, name.kind()) {
        (ClientMode::Full, _) | (ClientMode::AppendOnly, Some(ObjectKind::Lock)) => {}
        (ClientMode::AppendOnly, _) => return Err(Refusal::AppendOnly),
    }
    let served = shared.served(admitted).await?;
    blocking(move || {
        let size_bytes = served.store.size(name)?;
        served.store.remove(name)?;
        served.usage.removed(name, size_bytes);
        Ok(())
    })
    .await?;
    if name.kind() == Some(ObjectKind::Snapshot) {
        shared.registry.snapshots_changed(admitted.repository);
    }
    Ok(StatusCode::OK)
}

/// What the protocol does not know; not even that is told to strangers.
pub(super) async fn unknown(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    let repository = uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    shared.admit(repository, &headers).await?;
    Err(Refusal::NotFound)
}
