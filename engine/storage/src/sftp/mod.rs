//! A repository in a folder that is reached by SFTP, in restic's layout.
//!
//! An object is written under a temporary name in its folder, synced where the server can (fsync@openssh.com), and
//! renamed. The protocol cannot sync a folder; that a name survives a crash of the server is up to its file system.

mod connect;
mod host_keys;
mod session;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use rempart_model::Id;
use tokio::sync::{Mutex, Semaphore};

use self::connect::Address;
use self::session::Session;
use crate::error::{past_the_end, taken};
use crate::options::OpenOptions;
use crate::runtime::{Failure, Runtime, within};
use crate::{ErrorKind, Listed, ObjectKind, ObjectName, ObjectStore, Result};

const PREFIX: &str = "tmp-";

/// Handles open at once: OpenSSH numbers more than 127 in a way that the library cannot read.
const HANDLES_AT_ONCE: usize = 96;
/// Of these, what a walk through all folders takes.
const LISTING_HANDLES: u32 = 16;

/// What an operation may take: time for its bytes, and handles on the server.
#[derive(Clone, Copy)]
struct Cost {
    bytes: u64,
    handles: u32,
}

impl Cost {
    /// Through all folders, some at once.
    const LISTING: Self = Self { bytes: UNKNOWN_SIZE_BYTES, handles: LISTING_HANDLES };

    const fn of(bytes: u64) -> Self {
        Self { bytes, handles: 1 }
    }
}

struct SftpStore {
    runtime: Runtime,
    inner: Arc<Inner>,
}

/// What the futures on the runtime share.
struct Inner {
    location: String,
    root: String,
    address: Address,
    options: OpenOptions,
    session: Mutex<Option<Arc<Session>>>,
    turns: Semaphore,
    counter: AtomicU64,
}

pub(crate) fn open(
    location: String,
    user: Option<&String>,
    host: &str,
    port: u16,
    root: &str,
    options: &OpenOptions,
) -> Result<Arc<dyn ObjectStore>> {
    let runtime = Runtime::new(&location)?;
    let inner = Inner {
        location,
        root: root.to_owned(),
        address: Address { user: user.cloned(), host: host.to_owned(), port },
        options: options.clone(),
        session: Mutex::new(None),
        turns: Semaphore::new(HANDLES_AT_ONCE),
        counter: AtomicU64::new(0),
    };
    Ok(Arc::new(SftpStore { runtime, inner: Arc::new(inner) }))
}

/// The fingerprint of the key that an SFTP server shows, and nothing more: nobody logs in.
pub(crate) fn host_key(location: &str, host: &str, port: u16, options: &OpenOptions) -> Result<String> {
    let runtime = Runtime::new(location)?;
    let address = Address { user: None, host: host.to_owned(), port };
    let options = options.clone();
    let outcome = runtime.wait(async move { connect::host_key(&address, &options).await });
    let panicked = || Err(Failure::new(ErrorKind::Other, "the SSH library failed"));
    outcome.unwrap_or_else(panicked).map_err(|failure| failure.at("ask", "the host's key", location))
}

impl Inner {
    fn path(&self, name: impl std::fmt::Display) -> String {
        format!("{}/{name}", self.root.trim_end_matches('/'))
    }

    /// The session that is there, or a new one in place of one that broke.
    async fn session(&self) -> Result<Arc<Session>, Failure> {
        let mut session = self.session.lock().await;
        match &*session {
            Some(session) if !session.is_dead() => Ok(session.clone()),
            _ => {
                *session = None;
                let fresh = Arc::new(connect::connect(&self.address, &self.options).await?);
                *session = Some(fresh.clone());
                Ok(fresh)
            }
        }
    }

    /// A session that does not answer in time is given up, so that the next try gets a new connection.
    async fn within_session<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        cost: Cost,
        action: impl FnOnce(Arc<Session>) -> F,
    ) -> Result<T, Failure> {
        let _turns = self.turns.acquire_many(cost.handles).await.expect("the semaphore is never closed");
        let session = self.session().await?;
        let outcome = within(self.options.timeouts.transfer(cost.bytes), action(session.clone())).await;
        if outcome.as_ref().is_err_and(|failure| failure.kind == ErrorKind::Timeout) {
            let mut current = self.session.lock().await;
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &session)) {
                *current = None;
            }
        }
        outcome
    }

    async fn create_root(&self, session: &Session) -> Result<(), Failure> {
        let root = self.root.trim_end_matches('/');
        if session.size(&self.root).await.is_err() {
            // From the top: the protocol makes one folder at a time.
            let ends = root.char_indices().filter(|&(i, c)| c == '/' && i > 0).map(|(i, _)| i).chain([root.len()]);
            for end in ends {
                session.make_dir(&root[..end]).await?;
            }
        }
        Ok(())
    }

    async fn create(&self, session: &Session) -> Result<(), Failure> {
        self.create_root(session).await?;
        let data = self.path(ObjectKind::Pack.folder());
        for kind in ObjectKind::ALL {
            session.make_dir(&self.path(kind.folder())).await?;
        }
        let there: std::collections::HashSet<String> =
            session.list(&data).await?.unwrap_or_default().into_iter().map(|file| file.filename).collect();
        futures_util::stream::iter(
            (0..=u8::MAX).map(|first| format!("{first:02x}")).filter(|name| !there.contains(name)),
        )
        .map(Ok)
        .try_for_each_concurrent(32, |name| {
            let path = format!("{data}/{name}");
            async move { session.make_dir(&path).await }
        })
        .await
    }

    async fn list(&self, session: &Session, kind: ObjectKind) -> Result<Vec<Listed>, Failure> {
        let folder = self.path(kind.folder());
        let files = session.list(&folder).await?.unwrap_or_default();
        if kind != ObjectKind::Pack {
            return Ok(objects(files));
        }
        let folders = files.into_iter().filter(|file| file.attrs.is_dir() && file.filename.len() == 2);
        let lists: Vec<Vec<Listed>> = futures_util::stream::iter(folders)
            .map(|file| {
                let path = format!("{folder}/{}", file.filename);
                async move { session.list(&path).await.map(|files| objects(files.unwrap_or_default())) }
            })
            .buffer_unordered(LISTING_HANDLES as usize)
            .try_collect()
            .await?;
        Ok(lists.concat())
    }

    async fn write(&self, session: &Session, name: ObjectName, data: &Bytes) -> Result<(), Failure> {
        let path = self.path(name);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let random = getrandom::u64().map_err(|error| Failure::new(ErrorKind::Other, error.to_string()))?;
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let temporary = format!("{folder}/{PREFIX}{number}-{random:016x}");
        let written = match session.write_new(&temporary, data).await {
            // A tool that copied the repository left empty folders out.
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                session.size(&self.root).await?;
                session.make_dir(folder).await?;
                session.write_new(&temporary, data).await
            }
            outcome => outcome,
        };
        let named = match written {
            Ok(()) => session.rename(&temporary, &path).await,
            Err(failure) => Err(self.explained(session, failure, data.len()).await),
        };
        let Err(failure) = named else { return Ok(()) };
        if !session.is_dead() {
            // What stays is found by `remove_leftovers`.
            let _ = session.remove(&temporary).await;
        }
        match failure.kind {
            // The name is taken: version 3 has no word for it.
            ErrorKind::Other if session.size(&path).await.is_ok() => {
                let there = session.read(&path, None).await?;
                if there.concat() == data[..] { Ok(()) } else { Err(Failure::new(ErrorKind::AlreadyExists, "")) }
            }
            _ => Err(failure),
        }
    }

    /// "Failure" is all that servers say of a full or read-only disk.
    async fn explained(&self, session: &Session, failure: Failure, len: usize) -> Failure {
        if failure.kind != ErrorKind::Other || session.is_dead() {
            return failure;
        }
        match session.room(&self.root).await {
            Ok(Some(room)) if room.read_only => {
                Failure::new(ErrorKind::ReadOnly, "the server's file system is read-only")
            }
            Ok(Some(room)) if room.free_bytes < len as u64 => {
                Failure::new(ErrorKind::Full, format!("the server's disk has {} bytes left", room.free_bytes))
            }
            _ => failure,
        }
    }

    async fn remove_leftovers(&self, session: &Session, older_than: Duration) -> Result<u64, Failure> {
        let mut folders = vec![self.root.clone()];
        folders.extend(ObjectKind::ALL.map(|kind| self.path(kind.folder())));
        let data = self.path(ObjectKind::Pack.folder());
        folders.extend((0..=u8::MAX).map(|first| format!("{data}/{first:02x}")));
        let removed: Vec<u64> = futures_util::stream::iter(folders)
            .map(|folder| async move {
                let mut removed = 0;
                for file in session.list(&folder).await?.unwrap_or_default() {
                    // A server whose clock is ahead makes files look younger, which is the safe side.
                    let age = file.attrs.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
                    if file.filename.starts_with(PREFIX) && age >= older_than {
                        session.remove(&format!("{folder}/{}", file.filename)).await?;
                        removed += 1;
                    }
                }
                Ok::<u64, Failure>(removed)
            })
            .buffer_unordered(LISTING_HANDLES as usize)
            .try_collect()
            .await?;
        Ok(removed.into_iter().sum())
    }
}

fn objects(files: Vec<russh_sftp::protocol::File>) -> Vec<Listed> {
    let mut found = Vec::new();
    for file in files {
        match Id::from_hex(file.filename.as_bytes()) {
            Ok(id) if !file.attrs.is_dir() => found.push(Listed { id, size_bytes: file.attrs.size.unwrap_or(0) }),
            _ if file.filename == "." || file.filename == ".." || file.filename.starts_with(PREFIX) => {}
            _ => tracing::warn!(name = file.filename, "passing over what is no object of a repository"),
        }
    }
    found
}

impl SftpStore {
    fn run<T, F>(
        &self,
        cost: Cost,
        operation: &'static str,
        object: impl std::fmt::Display,
        action: impl FnOnce(Arc<Inner>, Arc<Session>) -> F + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let inner = self.inner.clone();
        let outcome = self
            .runtime
            .wait(async move { inner.within_session(cost, |session| action(inner.clone(), session)).await });
        let location = &self.inner.location;
        match outcome.unwrap_or_else(|| Err(Failure::new(ErrorKind::Other, "the request ended without a result"))) {
            Ok(value) => Ok(value),
            Err(failure) if failure.kind == ErrorKind::AlreadyExists => Err(taken(operation, object, location)),
            Err(failure) => Err(failure.at(operation, object, location)),
        }
    }

    fn pieces(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Vec<Vec<u8>>> {
        let past = || past_the_end(name, self.location(), offset_bytes, len_bytes, None);
        let end = offset_bytes.checked_add(len_bytes as u64).ok_or_else(past)?;
        self.run(Cost::of(len_bytes as u64), "read", name, move |inner, session| async move {
            session.read(&inner.path(name), Some((offset_bytes, end))).await
        })
        .map_err(|error| if error.kind == ErrorKind::Damaged { past() } else { error })
    }
}

/// An object whose size is not known beforehand gets the time of the largest pack.
const UNKNOWN_SIZE_BYTES: u64 = 128 << 20;

impl ObjectStore for SftpStore {
    fn location(&self) -> &str {
        &self.inner.location
    }

    fn create(&self) -> Result<()> {
        self.run(Cost::of(0), "create", "the folders", |inner, session| async move { inner.create(&session).await })
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>> {
        self.run(
            Cost::LISTING,
            "list",
            kind.folder(),
            move |inner, session| async move { inner.list(&session, kind).await },
        )
    }

    fn size(&self, name: ObjectName) -> Result<u64> {
        self.run(Cost::of(0), "read", name, move |inner, session| async move { session.size(&inner.path(name)).await })
    }

    fn read(&self, name: ObjectName) -> Result<Bytes> {
        self.run(Cost::of(UNKNOWN_SIZE_BYTES), "read", name, move |inner, session| async move {
            session.read(&inner.path(name), None).await
        })
        .map(|pieces| pieces.concat().into())
    }

    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes> {
        self.pieces(name, offset_bytes, len_bytes).map(|pieces| pieces.concat().into())
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
        self.run(Cost::of(2 * data.len() as u64), "write", name, move |inner, session| async move {
            inner.write(&session, name, &data).await
        })
    }

    /// Each file was synced before it got its name.
    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn remove(&self, name: ObjectName) -> Result<()> {
        self.run(
            Cost::of(0),
            "remove",
            name,
            move |inner, session| async move { session.remove(&inner.path(name)).await },
        )
    }

    fn free_bytes(&self) -> Result<Option<u64>> {
        self.run(Cost::of(0), "read", "the free space", |inner, session| async move {
            Ok(session.room(&inner.root).await?.map(|room| room.free_bytes))
        })
    }

    fn create_root(&self) -> Result<()> {
        self.run(Cost::of(0), "create", "the folder", |inner, session| async move { inner.create_root(&session).await })
    }

    fn capacity_bytes(&self) -> Result<Option<u64>> {
        self.run(Cost::of(0), "read", "the capacity", |inner, session| async move {
            Ok(session.room(&inner.root).await?.map(|room| room.capacity_bytes))
        })
    }

    fn remove_leftovers(&self, older_than: Duration) -> Result<u64> {
        self.run(Cost::LISTING, "remove", "temporary files", move |inner, session| async move {
            inner.remove_leftovers(&session, older_than).await
        })
    }
}
