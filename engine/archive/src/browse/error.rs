//! What can go wrong while a snapshot is read.

use std::borrow::Cow;

use rempart_format::FormatError;
use rempart_model::BlobId;
use rempart_repository::BlobError;

/// A failure at one place of a snapshot. Paths are shown with bytes that are not UTF-8 replaced.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    #[error("cannot read the directory {path}")]
    ReadTree { path: String, source: BlobError },
    #[error("the directory {path} is damaged in the repository (tree {id}): run `rempart check`")]
    DamagedTree { path: String, id: BlobId, source: FormatError },
    #[error("the directory {path} names no tree: the snapshot is damaged; run `rempart repair snapshots`")]
    NoSubtree { path: String },
    #[error("an entry of {directory} has the name {name:?}, which no file can have: it was left out")]
    UnsafeName { directory: String, name: String },
    #[error("the snapshot has no {path}; `rempart ls` lists what it has")]
    NotFound { path: String },
    #[error("{path} is no directory in the snapshot")]
    NotADirectory { path: String },
    #[error("{path} is no regular file in the snapshot")]
    NotAFile { path: String },
    #[error("cannot read the content of {path}")]
    ReadContent { path: String, source: BlobError },
    #[error("{path} does not fit into the archive: {reason}")]
    Unrepresentable { path: String, reason: &'static str },
    #[error("the pattern cannot be used")]
    Pattern(#[from] crate::pattern::PatternError),
    #[error("cannot write the output")]
    Write(#[source] std::io::Error),
    #[error("stopped on request")]
    Canceled,
}

/// A path as error messages show it.
pub(crate) fn shown(path: &[u8]) -> String {
    match String::from_utf8_lossy(path) {
        Cow::Borrowed("") => "/".to_owned(),
        text => text.into_owned(),
    }
}
