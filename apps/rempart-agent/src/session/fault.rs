//! Why a session cannot go on.

use rempart_protocol::Refusal;
use rempart_repository::{BlobError, ErrorKind};

/// Told to each who waits: cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionFault {
    #[error("stopped on request")]
    Canceled,
    #[error("the server ended the session: {0}")]
    Refused(Refusal),
    #[error("the server could not be reached for {minutes} minutes: {why}")]
    Lost { minutes: u64, why: String },
}

impl From<Refusal> for SessionFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<SessionFault> for BlobError {
    fn from(fault: SessionFault) -> Self {
        let kind = match &fault {
            SessionFault::Canceled => ErrorKind::Canceled,
            SessionFault::Refused(_) => ErrorKind::Refused,
            SessionFault::Lost { .. } => ErrorKind::Network,
        };
        Self::Session { kind, source: Box::new(fault) }
    }
}
