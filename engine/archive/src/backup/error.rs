//! Why a backup ends without a tree. What goes wrong with single files is a [`super::Problem`], not an error.

use std::path::PathBuf;

use rempart_repository::BlobError;

pub type Result<T, E = BackupError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the backup was canceled; what was stored already is used again by the next one")]
    Canceled,
    #[error("no source was given: name at least one file or directory")]
    NoTargets,
    #[error("none of the sources could be read, so there is nothing to make a snapshot of: see the problems listed")]
    Empty,
    #[error("the source {path:?} is named twice with different places in the snapshot: leave one out")]
    ConflictingTargets { path: PathBuf },
    #[error("the source {path:?} cannot be resolved")]
    Target { path: PathBuf, source: std::io::Error },
    #[error("the name {name:?} for streamed data is not a usable path: give one like dump.sql or db/dump.sql")]
    StreamName { name: PathBuf },
    #[error("reading the streamed data failed after {read_bytes} bytes")]
    Stream { read_bytes: u64, source: std::io::Error },
    #[error("the streamed data is empty, which is hardly what was meant: check the command that writes it")]
    EmptyStream,
    #[error("storing failed")]
    Sink(#[from] BlobError),
    #[error("a blob could not be encoded; nothing was committed")]
    Encode { source: rempart_format::FormatError },
    #[error("a worker thread could not be started")]
    Thread { source: std::io::Error },
    #[error("the change cache {path:?} cannot be written; delete it, or run without it")]
    Cache { path: PathBuf, source: std::io::Error },
    #[error("internal fault, nothing was committed: {what}; please report it")]
    Internal { what: &'static str },
}
