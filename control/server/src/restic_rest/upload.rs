//! Uploads: hashed while they come, whole and durable before they are answered, or gone.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use rempart_model::Id;
use rempart_storage::{ObjectKind, ObjectName, PendingPack};
use sha2::{Digest as _, Sha256};

use super::Shared;
use super::answer::Refusal;
use super::credentials::Admitted;
use super::objects::{blocking, name_of};
use super::quota::Reserved;
use super::stores::Served;

/// What arrives is handed on in portions of about this size: a thread is busy only while it works, not while it waits for
/// a slow line.
const PORTION_BYTES: usize = 1 << 20;

pub(super) async fn object(
    State(shared): State<Shared>,
    Path((repository, kind, name)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    store(&shared, &admitted, name_of(&kind, &name)?, &headers, body).await
}

pub(super) async fn config(
    State(shared): State<Shared>,
    Path(repository): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let admitted = shared.admit(&repository, &headers).await?;
    store(&shared, &admitted, ObjectName::Config, &headers, body).await
}

/// The largest object of a kind that any restic client writes, with room to spare.
const fn limit_bytes(kind: Option<ObjectKind>) -> u64 {
    match kind {
        Some(ObjectKind::Pack) => 256 << 20,
        Some(ObjectKind::Index) => 128 << 20,
        Some(ObjectKind::Snapshot) => 32 << 20,
        Some(ObjectKind::Key | ObjectKind::Lock) | None => 1 << 20,
    }
}

async fn store(
    shared: &Shared,
    admitted: &Admitted,
    name: ObjectName,
    headers: &HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limit_bytes = limit_bytes(name.kind());
    if announced.is_some_and(|bytes| bytes > limit_bytes) {
        return Err(Refusal::TooLarge { limit_bytes });
    }
    let served = shared.served(admitted).await?;
    let quota = reserve(&served, admitted, name, announced.unwrap_or(0)).await?;
    let mut meter = Meter { limit_bytes, reserved_bytes: announced.unwrap_or(0), seen_bytes: 0, quota };

    let outcome = match name {
        ObjectName::Named(ObjectKind::Pack, id) => match begin(&served).await? {
            Some(pending) => stream(&served, pending, id, body, &mut meter).await,
            None => gather(shared, &served, name, announced, body, &mut meter).await,
        },
        _ => gather(shared, &served, name, announced, body, &mut meter).await,
    };
    if matches!(outcome, Err(Refusal::Storage(_))) {
        shared.stores.forget(admitted.repository);
    }
    outcome?;
    if let Some((_, reserved)) = meter.quota {
        reserved.keep();
    }
    if name.kind() == Some(ObjectKind::Snapshot) {
        shared.registry.snapshots_changed(admitted.repository);
    }
    Ok(StatusCode::OK)
}

/// Counts what comes against the limits.
struct Meter {
    limit_bytes: u64,
    reserved_bytes: u64,
    seen_bytes: u64,
    quota: Option<(u64, Reserved)>,
}

impl Meter {
    fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.seen_bytes += bytes as u64;
        if self.seen_bytes > self.limit_bytes {
            return Err(Refusal::TooLarge { limit_bytes: self.limit_bytes });
        }
        if let Some((quota_bytes, reserved)) = &mut self.quota
            && self.seen_bytes > self.reserved_bytes
        {
            reserved.grow(*quota_bytes, self.seen_bytes - self.reserved_bytes)?;
            self.reserved_bytes = self.seen_bytes;
        }
        Ok(())
    }
}

/// Room below the client's quota. Locks need none: without a lock nothing could be restored, nor space be freed. Nor does
/// what is there already.
async fn reserve(
    served: &Served,
    admitted: &Admitted,
    name: ObjectName,
    bytes: u64,
) -> Result<Option<(u64, Reserved)>, Refusal> {
    let Some(quota_bytes) = admitted.client.quota_bytes.filter(|_| name.kind() != Some(ObjectKind::Lock)) else {
        return Ok(None);
    };
    let served = served.clone();
    blocking(move || {
        match served.store.size(name) {
            Ok(_) => return Ok(None),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        served.usage.count(&*served.store)?;
        Ok(Some((quota_bytes, served.usage.reserve(quota_bytes, bytes)?)))
    })
    .await
}

async fn begin(served: &Served) -> Result<Option<Box<dyn PendingPack>>, Refusal> {
    let served = served.clone();
    blocking(move || Ok(served.store.begin_pack()?)).await
}

/// A pack that goes to its place as it comes. Dropped before its end, it leaves nothing behind.
struct Incoming {
    pending: Box<dyn PendingPack>,
    hasher: Sha256,
}

async fn stream(
    served: &Served,
    pending: Box<dyn PendingPack>,
    id: Id,
    body: Body,
    meter: &mut Meter,
) -> Result<(), Refusal> {
    let mut incoming = Incoming { pending, hasher: Sha256::new() };
    let mut body = body.into_data_stream();
    loop {
        let (portion, ended) = portion(&mut body, meter).await?;
        incoming = blocking(move || {
            for piece in portion {
                incoming.hasher.update(&piece);
                incoming.pending.append(&piece)?;
            }
            Ok(incoming)
        })
        .await?;
        if ended {
            break;
        }
    }
    let served = served.clone();
    blocking(move || {
        if <[u8; 32]>::from(incoming.hasher.finalize()) != *id.as_bytes() {
            return Err(Refusal::WrongHash);
        }
        incoming.pending.finish(id)?;
        Ok(served.store.sync()?)
    })
    .await
}

/// About [`PORTION_BYTES`] of the body, and whether it ended.
async fn portion(body: &mut axum::body::BodyDataStream, meter: &mut Meter) -> Result<(Vec<Bytes>, bool), Refusal> {
    let (mut pieces, mut len) = (Vec::new(), 0);
    while len < PORTION_BYTES {
        match body.next().await {
            None => return Ok((pieces, true)),
            Some(Err(_)) => return Err(Refusal::Interrupted),
            Some(Ok(piece)) => {
                meter.take(piece.len())?;
                len += piece.len();
                pieces.push(piece);
            }
        }
    }
    Ok((pieces, false))
}

/// An object that is gathered in memory first: the small kinds, and packs where the place takes them only whole.
async fn gather(
    shared: &Shared,
    served: &Served,
    name: ObjectName,
    announced: Option<u64>,
    body: Body,
    meter: &mut Meter,
) -> Result<(), Refusal> {
    let _room = shared.memory.room_for(announced.unwrap_or(meter.limit_bytes)).await;
    let mut content = Vec::with_capacity(announced.unwrap_or(0) as usize);
    let mut body = body.into_data_stream();
    loop {
        let (portion, ended) = portion(&mut body, meter).await?;
        for piece in portion {
            content.extend_from_slice(&piece);
        }
        if ended {
            break;
        }
    }
    let served = served.clone();
    blocking(move || {
        if let ObjectName::Named(_, id) = name
            && <[u8; 32]>::from(Sha256::digest(&content)) != *id.as_bytes()
        {
            return Err(Refusal::WrongHash);
        }
        served.store.write(name, content.into())?;
        Ok(served.store.sync()?)
    })
    .await
}
