//! What can go wrong in looking at a machine.

use std::io;

use crate::path::HostPath;

pub type Result<T, E = HostError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("{path} is not absolute: begin it with /")]
    NotAbsolute { path: HostPath },
    #[error("{path} does not exist")]
    Missing { path: HostPath },
    /// Also where a link is in the place of a folder: none is followed.
    #[error("{path} is not a folder")]
    NotAFolder { path: HostPath },
    #[error("{path} may not be read by this process: give it the right to, or run it as root")]
    Denied { path: HostPath },
    #[error("{path} cannot be read")]
    Unreadable { path: HostPath, source: io::Error },
    #[error("{path} was not understood: {what}")]
    Strange { path: HostPath, what: String },
    /// Whoever asked does not want to know any more.
    #[error("stopped on request")]
    Canceled,
}

impl HostError {
    /// A failed call on a folder, by its reason.
    pub(crate) fn of(path: &HostPath, error: io::Error) -> Self {
        let path = path.clone();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            io::ErrorKind::NotADirectory => Self::NotAFolder { path },
            _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Self::NotAFolder { path },
            _ => Self::Unreadable { path, source: error },
        }
    }
}

/// Reads one of the kernel's files of text.
pub(crate) fn read_text(path: &str) -> Result<String> {
    std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|error| HostError::of(&HostPath::from(path), error))
}
