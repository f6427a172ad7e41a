//! Object stores: named, immutable objects on disk, S3, Google Cloud Storage, Azure, SFTP, restic REST.
//!
//! - **Owns**: the [`ObjectStore`] trait, its backends, its decorators (retry, limit, record, fault), [`Location`].
//! - **May use**: `model`.
//! - **Must not know**: encryption, packs, JSON of the repository.
//! - **Invariants**: an object appears whole under its name or not at all; what `write` accepted survives a crash once
//!   `sync` has returned; names are checked, so none leads outside the store; every error says which object and place.
//!
//! The trait is blocking: the engine works on threads. A backend that speaks async keeps its own runtime inside
//! (docs/decisions/0001-blocking-storage.md).
#![allow(dead_code, unused_variables, clippy::todo)] // SEAM: signatures first; the bodies follow

use std::sync::Arc;
use bytes::Bytes;
use rempart_model::Id;

/// The kinds of object in a restic repository. Each has its folder; packs are spread over `data/00` … `data/ff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind { Key, Lock, Snapshot, Index, Pack }

/// What an object is called: the one config, or a kind and an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectName { Config, Named(ObjectKind, Id) }

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed { pub id: Id, pub size_bytes: u64 }

/// Why an operation failed, as callers and the retry decorator need to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind { NotFound, AlreadyExists, Full, Denied, ReadOnly, Network, Timeout, Damaged, Unsupported, Other }

#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {object} at {location}")]
pub struct StorageError {
    pub kind: ErrorKind,
    /// "read", "write", "list", … as in "cannot write data/ab/ab… at s3:…"
    pub operation: &'static str,
    pub object: String,
    pub location: String,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
impl StorageError { pub fn kind(&self) -> ErrorKind { self.kind } pub fn is_not_found(&self) -> bool { self.kind == ErrorKind::NotFound } }
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// A place for the objects of one repository. Shared between threads.
pub trait ObjectStore: Send + Sync {
    /// Where this is, without secrets, as people are told: `/srv/repo`, `s3:https://host/bucket/prefix`.
    fn location(&self) -> &str;
    /// Makes the folders or the bucket prefix. Harmless where they exist.
    fn create(&self) -> Result<()>;
    /// Every object of the kind with its size, in no particular order. Foreign names are passed over (a warning in the log).
    /// A kind whose folder does not exist has none.
    fn list(&self, kind: ObjectKind) -> Result<Vec<Listed>>;
    fn size(&self, name: ObjectName) -> Result<u64>;
    fn read(&self, name: ObjectName) -> Result<Bytes>;
    /// Exactly these bytes; a range that reaches past the end is `Damaged`.
    fn read_range(&self, name: ObjectName, offset_bytes: u64, len_bytes: usize) -> Result<Bytes>;
    /// Same, into a caller's buffer, of which all is filled. Backends that can avoid a copy do.
    fn read_range_into(&self, name: ObjectName, offset_bytes: u64, buffer: &mut [u8]) -> Result<()> {
        let bytes = self.read_range(name, offset_bytes, buffer.len())?;
        buffer.copy_from_slice(&bytes);
        Ok(())
    }
    /// Stores an object whole. Writing a name that exists with the same content succeeds (a lost response is repeated);
    /// `AlreadyExists` otherwise. Durable after the next [`ObjectStore::sync`].
    fn write(&self, name: ObjectName, data: Bytes) -> Result<()>;
    /// Begins a pack whose name is known only at its end, where the backend can hold unnamed bytes cheaply (local disk:
    /// an unlinked or temporary file). `None`: the caller assembles it in memory and calls `write`.
    fn begin_pack(&self) -> Result<Option<Box<dyn PendingPack>>> { Ok(None) }
    /// Makes all that was written through this store so far survive a crash of the machine, file and directory alike.
    fn sync(&self) -> Result<()>;
    /// Removes an object. `NotFound` where it is not there.
    fn remove(&self, name: ObjectName) -> Result<()>;
    /// What is free for new objects, where the place can tell.
    fn free_bytes(&self) -> Result<Option<u64>> { Ok(None) }
}

/// A pack being appended to. Dropped unfinished, it leaves nothing behind.
pub trait PendingPack: Send {
    fn append(&mut self, data: &[u8]) -> Result<()>;
    /// Gives it its name. Durable after the next [`ObjectStore::sync`].
    fn finish(self: Box<Self>, id: Id) -> Result<()>;
}

/// A place as a user writes it: `/path`, `local:…`, `s3:https://host/bucket/prefix`, `s3:host/bucket`, `gs:bucket:/prefix`,
/// `azure:container:/prefix`, `sftp:user@host:/path`, `sftp://user@host:port/path`, `rest:https://user:pass@host/path/`.
#[derive(Clone)]
pub struct Location { /* private */ }
impl std::str::FromStr for Location { type Err = LocationError; fn from_str(text: &str) -> Result<Self, LocationError> { todo!() } }
#[derive(Debug, thiserror::Error)]
pub enum LocationError { #[error("…")] Todo }

/// Credentials and switches that do not belong into a location; the application fills it from its environment
/// (AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS, AZURE_ACCOUNT_NAME, …: the names restic uses).
#[derive(Clone, Default)]
pub struct OpenOptions { /* pub fields */ }

/// Opens a place: the right backend, wrapped in the retry decorator (and the limiter where limits are given).
pub fn open(location: &Location, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>> { todo!() }
