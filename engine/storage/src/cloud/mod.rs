//! Object stores of the cloud kind: flat names, no rename, conditional writes. S3, Google and Azure differ in how they
//! are opened and in few answers; the rest is here.

mod answers;
mod azure;
mod gcs;
mod s3;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, ObjectStore as Remote, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
};
use rempart_model::Id;

use self::answers::Answers;
use crate::error::{past_the_end, taken};
use crate::options::{ConditionalWrite, OpenOptions, Timeouts};
use crate::runtime::{Failure, Runtime, within};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, Result, StorageError};

pub(crate) use self::azure::open as open_azure;
pub(crate) use self::gcs::open as open_gcs;
pub(crate) use self::s3::open as open_s3;

/// An object above this size goes up in parts.
const MULTIPART_FROM_BYTES: usize = 64 << 20;
const PART_BYTES: usize = 16 << 20;
/// Parts under way at once.
const PARTS_AT_ONCE: usize = 4;

/// A bucket or container with a prefix.
struct CloudStore {
    runtime: Runtime,
    inner: Arc<Inner>,
}

/// What the futures on the runtime share.
struct Inner {
    remote: Arc<dyn Remote>,
    location: String,
    prefix: String,
    answers: Answers,
    traits: Traits,
    timeouts: Timeouts,
}

/// In what the clouds differ.
#[derive(Clone, Copy)]
struct Traits {
    conditional_write: ConditionalWrite,
    /// Removing what is not there is answered as a success (S3).
    removal_is_blind: bool,
    /// "bucket" or "container", for messages.
    holder: &'static str,
}

impl Inner {
    /// Layout and prefix consist of what needs no escaping; checked when the store was opened.
    fn path(&self, name: impl std::fmt::Display) -> Path {
        match self.prefix.is_empty() {
            true => Path::from(name.to_string()),
            false => Path::from_iter(self.prefix.split('/').chain(name.to_string().split('/'))),
        }
    }

    async fn size(&self, name: ObjectName) -> Result<u64, Failure> {
        let meta = self.remote.head(&self.path(name)).await.map_err(|error| self.answers.understand(error))?;
        Ok(meta.size)
    }

    /// The body in the pieces in which it came, so that a caller with a buffer copies once.
    async fn get(&self, name: ObjectName, range: Option<std::ops::Range<u64>>) -> Result<Vec<Bytes>, Failure> {
        let understand = |error| self.answers.understand(error);
        let expected = range.as_ref().map(|range| range.end - range.start);
        let options = GetOptions::new().with_range(range.map(GetRange::Bounded));
        let result = within(self.timeouts.answer, async {
            self.remote.get_opts(&self.path(name), options).await.map_err(understand)
        })
        .await?;
        let size = result.range.end - result.range.start;
        let body = within(self.timeouts.transfer(size), async {
            result.into_stream().try_collect::<Vec<Bytes>>().await.map_err(understand)
        })
        .await?;
        let came: u64 = body.iter().map(|piece| piece.len() as u64).sum();
        if came != size {
            let why = format!("the answer broke off after {came} of {size} bytes");
            return Err(Failure::new(ErrorKind::Network, why));
        }
        match expected.filter(|&expected| came < expected) {
            Some(_) => Err(Failure::new(ErrorKind::Damaged, "the range reaches past the end")),
            None => Ok(body),
        }
    }

    async fn write(&self, name: ObjectName, data: Bytes) -> Result<(), Failure> {
        let path = self.path(name);
        let in_parts = data.len() > MULTIPART_FROM_BYTES;
        let conditional = self.traits.conditional_write == ConditionalWrite::Supported && !in_parts;
        if !conditional {
            match self.size(name).await {
                Ok(_) => return self.compare(name, &data).await,
                Err(failure) if failure.kind == ErrorKind::NotFound => {}
                Err(failure) => return Err(failure),
            }
        }
        if in_parts {
            return self.write_in_parts(&path, data).await;
        }
        let mode = if conditional { PutMode::Create } else { PutMode::Overwrite };
        match self.remote.put_opts(&path, PutPayload::from_bytes(data.clone()), PutOptions::from(mode)).await {
            Ok(_) => Ok(()),
            Err(error) => match self.answers.understand(error) {
                failure if failure.kind == ErrorKind::AlreadyExists => self.compare(name, &data).await,
                failure => Err(failure),
            },
        }
    }

    /// The name is taken: by the same content (our own earlier try, or another client's equal object), or not.
    async fn compare(&self, name: ObjectName, data: &Bytes) -> Result<(), Failure> {
        let there = match self.get(name, None).await {
            Ok(there) => there,
            // Two writers at the same moment, and both were turned away.
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                return Err(Failure::new(ErrorKind::Network, "another writer was at the same name; it is gone again"));
            }
            Err(failure) => return Err(failure),
        };
        let mut rest = &data[..];
        let same = there.iter().all(|piece| match rest.split_at_checked(piece.len()) {
            Some((head, tail)) if head == piece => {
                rest = tail;
                true
            }
            _ => false,
        });
        if same && rest.is_empty() { Ok(()) } else { Err(Failure::new(ErrorKind::AlreadyExists, "")) }
    }

    async fn write_in_parts(&self, path: &Path, data: Bytes) -> Result<(), Failure> {
        let understand = |error| self.answers.understand(error);
        let mut upload =
            self.remote.put_multipart_opts(path, PutMultipartOptions::default()).await.map_err(understand)?;
        let parts: Vec<_> = (0..data.len())
            .step_by(PART_BYTES)
            .map(|start| data.slice(start..data.len().min(start + PART_BYTES)))
            .map(|part| upload.put_part(PutPayload::from_bytes(part)))
            .collect();
        let sent = futures_util::stream::iter(parts).buffer_unordered(PARTS_AT_ONCE).try_collect::<Vec<()>>().await;
        let outcome = match sent {
            Ok(_) => upload.complete().await.map(|_| ()),
            Err(error) => Err(error),
        };
        if outcome.is_err() {
            // Parts that stay are removed by the bucket's lifecycle rule; the first error is the one to report.
            let _ = upload.abort().await;
        }
        outcome.map_err(understand)
    }

    async fn remove(&self, name: ObjectName) -> Result<(), Failure> {
        if self.traits.removal_is_blind {
            self.size(name).await?;
        }
        self.remote.delete(&self.path(name)).await.map_err(|error| self.answers.understand(error))
    }

    async fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>, Failure> {
        let mut objects = self.remote.list(Some(&self.path(kind.folder())));
        let mut found = Vec::new();
        loop {
            let next = within(self.timeouts.answer, async {
                objects.next().await.transpose().map_err(|error| self.answers.understand(error))
            });
            let Some(meta) = next.await? else { return Ok(found) };
            match meta.location.filename().and_then(|name| Id::from_hex(name.as_bytes()).ok()) {
                Some(id) => found.push(Listed { id, size_bytes: meta.size }),
                None => tracing::warn!(object = %meta.location, "passing over what is no object of a repository"),
            }
        }
    }
}

impl CloudStore {
    fn open(
        remote: Arc<dyn Remote>,
        location: String,
        prefix: &str,
        traits: Traits,
        answers: Answers,
        options: &OpenOptions,
    ) -> Result<Arc<dyn ObjectStore>> {
        if Path::parse(prefix).map_or(true, |parsed| parsed.as_ref() != prefix) {
            let why = "the prefix has characters that are not allowed in object names";
            return Err(StorageError::new(ErrorKind::Unsupported, "open", "the repository", &location, why));
        }
        let runtime = Runtime::new(&location)?;
        let inner = Inner { remote, location, prefix: prefix.to_owned(), answers, traits, timeouts: options.timeouts };
        Ok(Arc::new(Self { runtime, inner: Arc::new(inner) }))
    }

    /// Runs an operation within its time, and adds place and object to what goes wrong.
    fn run<T, F>(
        &self,
        limit: Duration,
        operation: &'static str,
        object: impl std::fmt::Display,
        action: impl FnOnce(Arc<Inner>) -> F + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let inner = self.inner.clone();
        let outcome = self.runtime.wait(async move { within(limit, action(inner)).await });
        let location = &self.inner.location;
        match outcome.unwrap_or_else(|| Err(Failure::new(ErrorKind::Other, "the request ended without a result"))) {
            Ok(value) => Ok(value),
            Err(failure) if failure.kind == ErrorKind::AlreadyExists => Err(taken(operation, object, location)),
            Err(failure) => Err(failure.at(operation, object, location)),
        }
    }

    fn pieces(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Vec<Bytes>> {
        let past = || past_the_end(name, self.location(), offset_bytes, len_bytes, None);
        if len_bytes == 0 {
            return Ok(Vec::new());
        }
        let end = offset_bytes.checked_add(len_bytes as u64).ok_or_else(past)?;
        let limit = self.inner.timeouts.transfer(len_bytes as u64).saturating_add(self.inner.timeouts.answer);
        self.run(limit, "read", name, move |inner| async move { inner.get(name, Some(offset_bytes..end)).await })
            .map_err(|error| if error.kind == ErrorKind::Damaged { past() } else { error })
    }
}

/// Without time of its own: the parts of the operation have theirs.
const PARTS_ARE_TIMED: Duration = Duration::from_secs(7 * 86_400);

impl ObjectStore for CloudStore {
    fn location(&self) -> &str {
        &self.inner.location
    }

    /// There are no folders to make. The bucket must exist, since who may make buckets should not be who writes backups.
    fn create(&self) -> Result<()> {
        let (limit, holder) = (self.inner.timeouts.answer, self.inner.traits.holder);
        self.run(limit, "use", format!("the {holder}"), |inner| async move {
            let prefix = inner.path("keys");
            match inner.remote.list(Some(&prefix)).next().await {
                Some(Err(error)) => Err(inner.answers.understand(error)),
                Some(Ok(_)) | None => Ok(()),
            }
        })
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.run(PARTS_ARE_TIMED, "list", kind.folder(), move |inner| async move { inner.list(kind).await })
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.run(self.inner.timeouts.answer, "read", name, move |inner| async move { inner.size(name).await })
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        let pieces =
            self.run(PARTS_ARE_TIMED, "read", name, move |inner| async move { inner.get(name, None).await })?;
        Ok(joined(pieces))
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.pieces(name, offset_bytes, len_bytes).map(joined)
    }

    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        for piece in self.pieces(name, offset_bytes, buffer.len())? {
            buffer[filled..filled + piece.len()].copy_from_slice(&piece);
            filled += piece.len();
        }
        Ok(())
    }

    fn write(&self, name: ObjectName, data: Bytes) -> Result<()> {
        // Twice, since the name may be taken and the content there is compared.
        let limit = self.inner.timeouts.transfer(data.len() as u64).saturating_mul(2);
        self.run(limit, "write", name, move |inner| async move { inner.write(name, data).await })
    }

    /// An answered write is durable.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.run(self.inner.timeouts.answer, "remove", name, move |inner| async move { inner.remove(name).await })
    }
}

fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    match pieces.len() {
        0 => Bytes::new(),
        1 => pieces.swap_remove(0),
        _ => pieces.concat().into(),
    }
}
