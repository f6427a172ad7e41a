//! Refusals, as restic's protocol has them: a status and a line of text.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rempart_storage::{ErrorKind, StorageError};

use super::registry::RegistryError;

/// Why a request is not done.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No credentials, wrong ones, or no such repository: which of them is nobody's business.
    Unauthorized,
    /// The request makes no sense.
    Malformed(&'static str),
    NotFound,
    /// An append-only client wants to delete.
    AppendOnly,
    /// The name has another content.
    Taken,
    /// The body is not what its name says.
    WrongHash,
    TooLarge {
        limit_bytes: u64,
    },
    QuotaExceeded {
        quota_bytes: u64,
    },
    RangeNotSatisfiable {
        size_bytes: u64,
    },
    /// The body ended before its announced end.
    Interrupted,
    Storage(StorageError),
    Registry(RegistryError),
    /// A worker thread ended without a result, which is a bug.
    Lost,
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::AlreadyExists => Self::Taken,
            _ => Self::Storage(error),
        }
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Storage(error) => error.into(),
            error => Self::Registry(error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = |status: StatusCode, text: String| (status, text + "\n").into_response();
        match self {
            Self::Unauthorized => {
                let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"rempart\", charset=\"UTF-8\"")];
                let says = "the user or password is wrong, or there is no such repository\n";
                (StatusCode::UNAUTHORIZED, challenge, says).into_response()
            }
            Self::Malformed(why) => text(StatusCode::BAD_REQUEST, why.to_owned()),
            Self::NotFound => text(StatusCode::NOT_FOUND, "there is no such object".to_owned()),
            Self::AppendOnly => text(
                StatusCode::FORBIDDEN,
                "this client is append-only: it may not delete; remove snapshots in rempart, or with a client of full access"
                    .to_owned(),
            ),
            Self::Taken => text(
                StatusCode::FORBIDDEN,
                "an object of this name exists with other content; nothing is overwritten: check the repository".to_owned(),
            ),
            Self::WrongHash => {
                text(StatusCode::BAD_REQUEST, "the content does not have the SHA-256 that its name says".to_owned())
            }
            Self::TooLarge { limit_bytes } => {
                text(StatusCode::PAYLOAD_TOO_LARGE, format!("an object of this kind has at most {limit_bytes} bytes"))
            }
            Self::QuotaExceeded { quota_bytes } => text(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("the quota of {quota_bytes} bytes is used up; free space in the repository, or raise the quota"),
            ),
            Self::RangeNotSatisfiable { size_bytes } => (
                StatusCode::RANGE_NOT_SATISFIABLE,
                [(header::CONTENT_RANGE, format!("bytes */{size_bytes}"))],
                "the range lies outside the object\n",
            )
                .into_response(),
            Self::Interrupted => text(StatusCode::BAD_REQUEST, "the upload ended before its end".to_owned()),
            Self::Storage(error) => {
                let status = match error.kind() {
                    ErrorKind::Full => StatusCode::INSUFFICIENT_STORAGE,
                    ErrorKind::Network | ErrorKind::Timeout => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                // The chain names places of this machine: it is for the administrator's log.
                tracing::error!(error = %error.chain(), "restic REST: the storage failed");
                let says = match error.kind() {
                    ErrorKind::Full => "the storage is full",
                    ErrorKind::Network | ErrorKind::Timeout => "the storage does not answer; try again",
                    _ => "the storage failed; the server's log says why",
                };
                text(status, says.to_owned())
            }
            Self::Registry(error) => {
                tracing::error!(error = %chain(&error), "restic REST: the request could not be served");
                text(StatusCode::SERVICE_UNAVAILABLE, "the server cannot open the repository; its log says why".to_owned())
            }
            Self::Lost => text(StatusCode::INTERNAL_SERVER_ERROR, "the request ended without a result".to_owned()),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
