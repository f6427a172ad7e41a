//! Sealed files that lie alone: indexes, snapshots, locks. `SHA-256(sealed bytes)` is the name.

use bytes::Bytes;
use rempart_crypto::{MasterKey, sha256};
use rempart_format::{Compression, Compressor, unpacked};
use rempart_model::Id;
use rempart_storage::{ObjectKind, ObjectName, StorageError};

use crate::{Repository, RepositoryError, Result};

/// Compresses (bare JSON in a repository of version 1), seals and names. Nothing is written yet.
pub(crate) fn seal(repo: &Repository, json: &[u8], compression: Compression) -> Result<(Id, Bytes)> {
    let sealed = if repo.version() == 1 {
        repo.master_key().seal(json)
    } else {
        let plaintext = Compressor::new(compression).and_then(|mut compressor| unpacked::encode(&mut compressor, json));
        repo.master_key().seal(&plaintext?)
    };
    Ok((Id::new(sha256(&sealed)), Bytes::from(sealed)))
}

pub(crate) fn write(repo: &Repository, kind: ObjectKind, json: &[u8]) -> Result<Id> {
    let (id, sealed) = seal(repo, json, Compression::Auto)?;
    repo.store().write(ObjectName::Named(kind, id), sealed)?;
    Ok(id)
}

/// The JSON of a file, and its sealed bytes for whoever wants to keep them.
pub(crate) fn read(repo: &Repository, kind: ObjectKind, id: Id) -> Result<(Vec<u8>, Bytes)> {
    let sealed = repo.store().read(ObjectName::Named(kind, id)).map_err(|error| missing(kind, id, error))?;
    let json = open(repo.master_key(), kind, id, &sealed)?;
    Ok((json, sealed))
}

pub(crate) fn open(key: &MasterKey, kind: ObjectKind, id: Id, sealed: &[u8]) -> Result<Vec<u8>> {
    if sha256(sealed) != *id.as_bytes() {
        return Err(damaged(kind, id, "its content does not match its name"));
    }
    let plaintext = key.open(sealed).map_err(|error| damaged(kind, id, error))?;
    let json = unpacked::decode(&plaintext).map_err(|error| damaged(kind, id, error))?;
    Ok(match json {
        std::borrow::Cow::Borrowed(_) => plaintext,
        std::borrow::Cow::Owned(json) => json,
    })
}

fn missing(kind: ObjectKind, id: Id, error: StorageError) -> RepositoryError {
    if error.is_not_found() {
        RepositoryError::NoSuchFile { what: word(kind), prefix: format!("{id:.8}") }
    } else {
        error.into()
    }
}

pub(crate) fn damaged(kind: ObjectKind, id: Id, reason: impl std::fmt::Display) -> RepositoryError {
    let advice = match kind {
        ObjectKind::Index => "run `rempart repair index`",
        ObjectKind::Lock => "once nothing else works on the repository: `rempart unlock --all`",
        ObjectKind::Snapshot => "restore the file from a copy, or remove it with `rempart forget`",
        ObjectKind::Key | ObjectKind::Pack => "restore the file from a copy",
    };
    RepositoryError::FileDamaged { kind, id, reason: reason.to_string(), advice }
}

pub(crate) const fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Key => "key",
        ObjectKind::Lock => "lock",
        ObjectKind::Snapshot => "snapshot",
        ObjectKind::Index => "index",
        ObjectKind::Pack => "pack",
    }
}
