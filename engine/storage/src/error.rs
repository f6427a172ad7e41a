//! Why an operation on a store failed, told twice: as a kind for programs, as a sentence with place and object for people.

use std::fmt;
use std::io;

/// Why an operation failed, as callers and the retry decorator need to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object (or the bucket, folder or account that should hold it) is not there.
    NotFound,
    /// The name is taken by other content.
    AlreadyExists,
    /// No room: disk full, quota used up.
    Full,
    /// The place answered and refused: wrong credentials, missing rights, unknown host key.
    Denied,
    /// The place takes no writes at all.
    ReadOnly,
    /// The place was not reached, or the connection broke, or it said that it is overloaded.
    Network,
    /// No answer in time.
    Timeout,
    /// What is there is not what it should be: shorter than asked for, or torn.
    Damaged,
    /// This build or this place cannot do that.
    Unsupported,
    Other,
}

impl ErrorKind {
    /// What an error of the operating system means here.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::StaleNetworkFileHandle => Self::Network,
            io::ErrorKind::UnexpectedEof => Self::Damaged,
            io::ErrorKind::Unsupported => Self::Unsupported,
            _ => Self::Other,
        }
    }
}

/// "cannot write data/ab/ab… at s3:https://host/bucket: <source>". Never holds a secret, nor does any of its sources.
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

pub type Result<T, E = StorageError> = std::result::Result<T, E>;

impl StorageError {
    pub fn new(
        kind: ErrorKind,
        operation: &'static str,
        object: impl fmt::Display,
        location: &str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, operation, object: object.to_string(), location: location.to_owned(), source: source.into() }
    }

    /// From an error of the operating system, whose code decides the kind.
    pub fn of_io(operation: &'static str, object: impl fmt::Display, location: &str, source: io::Error) -> Self {
        Self::new(ErrorKind::of_io(&source), operation, object, location, source)
    }

    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// The error and all its causes on one line, for logs and tests.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// A range that reaches past the end of the object: the object is torn, or the index that named the range lies.
pub(crate) fn past_the_end(
    object: impl fmt::Display,
    location: &str,
    offset_bytes: u64,
    len_bytes: usize,
    size_bytes: Option<u64>,
) -> StorageError {
    let holds = match size_bytes {
        Some(size) => format!("the object has {size} bytes"),
        None => "the object is shorter".to_owned(),
    };
    StorageError::new(
        ErrorKind::Damaged,
        "read",
        object,
        location,
        format!(
            "{len_bytes} bytes from offset {offset_bytes} were asked for, but {holds}; run `check` to see what is damaged"
        ),
    )
}

/// The name is taken by something else. Names are hashes of content, so this is damage or a stranger, never routine.
pub(crate) fn taken(operation: &'static str, object: impl fmt::Display, location: &str) -> StorageError {
    StorageError::new(
        ErrorKind::AlreadyExists,
        operation,
        object,
        location,
        "an object of this name exists and has other content; it is left as it is",
    )
}
