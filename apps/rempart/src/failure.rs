//! From an error to what the user is told: the exit code, the sentence with its causes, and what to do next.

use std::fmt;

use rempart_archive::backup::BackupError;
use rempart_archive::browse::BrowseError;
use rempart_archive::restore::RestoreError;
use rempart_repository::{BlobError, ErrorKind as RepositoryKind, RepositoryError};
use rempart_storage::{ErrorKind as StorageKind, LocationError, StorageError};

use crate::exit_code::ExitCode;

/// A failure that knows its class, and perhaps a hint. Made here in the application; engine errors are classified by
/// [`classify`].
#[derive(Debug)]
pub struct Failure {
    code: ExitCode,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// What to do next. A sentence of its own, never part of the message.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The class of an error and what to do about it: the first link of the chain that tells decides.
#[must_use]
pub fn classify(error: &anyhow::Error) -> (ExitCode, Option<String>) {
    // A context made by this application stands before what the engine says.
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return (failure.code, failure.hint.clone());
    }
    for link in error.chain() {
        if let Some(found) = classify_link(link) {
            return found;
        }
    }
    (ExitCode::Failure, None)
}

fn classify_link(link: &(dyn std::error::Error + 'static)) -> Option<(ExitCode, Option<String>)> {
    if let Some(failure) = link.downcast_ref::<Failure>() {
        return Some((failure.code, failure.hint.clone()));
    }
    let repository = link.downcast_ref::<RepositoryError>();
    if let Some(error) = repository {
        let code = of_repository(error.kind());
        return Some((code, repository_hint(error, code)));
    }
    if let Some(error) = link.downcast_ref::<BlobError>() {
        let code = of_repository(error.kind());
        return Some((code, general_hint(code)));
    }
    if let Some(error) = link.downcast_ref::<StorageError>() {
        let code = of_storage(error.kind());
        return Some((code, general_hint(code)));
    }
    if let Some(code) = of_archive(link) {
        return Some((code, None));
    }
    if link.is::<LocationError>() {
        return Some((ExitCode::Usage, None));
    }
    let io = link.downcast_ref::<std::io::Error>()?;
    match io.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Some((ExitCode::StorageFull, general_hint(ExitCode::StorageFull)))
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Some((ExitCode::Refused, None))
        }
        _ => None,
    }
}

/// The exit code of each kind of repository error; exhaustive, so a new kind asks for its code.
#[must_use]
pub fn of_repository(kind: RepositoryKind) -> ExitCode {
    match kind {
        RepositoryKind::NoRepository => ExitCode::NoRepository,
        RepositoryKind::AlreadyExists | RepositoryKind::Refused => ExitCode::Failure,
        RepositoryKind::WrongPassword => ExitCode::WrongPassword,
        RepositoryKind::Version => ExitCode::NewerFormat,
        RepositoryKind::Locked | RepositoryKind::LockLost => ExitCode::Locked,
        RepositoryKind::Damaged => ExitCode::Damaged,
        RepositoryKind::NotFound => ExitCode::NotFound,
        RepositoryKind::Full => ExitCode::StorageFull,
        RepositoryKind::Denied => ExitCode::Refused,
        RepositoryKind::Network => ExitCode::Unreachable,
        RepositoryKind::Canceled => ExitCode::Canceled,
        RepositoryKind::Storage | RepositoryKind::Internal => ExitCode::Failure,
    }
}

/// Errors of the engine's upper room that say more than what they wrap; `None` where what they wrap decides.
fn of_archive(link: &(dyn std::error::Error + 'static)) -> Option<ExitCode> {
    if let Some(error) = link.downcast_ref::<BrowseError>() {
        return match error {
            BrowseError::NotFound { .. } | BrowseError::NotADirectory { .. } | BrowseError::NotAFile { .. } => {
                Some(ExitCode::NotFound)
            }
            BrowseError::DamagedTree { .. } | BrowseError::NoSubtree { .. } | BrowseError::UnsafeName { .. } => {
                Some(ExitCode::Damaged)
            }
            BrowseError::Canceled => Some(ExitCode::Canceled),
            BrowseError::Pattern(_) => Some(ExitCode::Usage),
            _ => None,
        };
    }
    if let Some(error) = link.downcast_ref::<BackupError>() {
        return match error {
            BackupError::Canceled => Some(ExitCode::Canceled),
            BackupError::NoTargets | BackupError::ConflictingTargets { .. } | BackupError::StreamName { .. } => {
                Some(ExitCode::Usage)
            }
            _ => None,
        };
    }
    match link.downcast_ref::<RestoreError>()? {
        RestoreError::DeleteInRoot { .. } => Some(ExitCode::Usage),
        _ => None,
    }
}

fn of_storage(kind: StorageKind) -> ExitCode {
    match kind {
        StorageKind::Full => ExitCode::StorageFull,
        StorageKind::Denied | StorageKind::ReadOnly => ExitCode::Refused,
        StorageKind::Network | StorageKind::Timeout => ExitCode::Unreachable,
        StorageKind::Damaged => ExitCode::Damaged,
        StorageKind::NotFound | StorageKind::AlreadyExists | StorageKind::Unsupported | StorageKind::Other => {
            ExitCode::Failure
        }
    }
}

/// Repository errors name their remedy where it depends on the case; these are the ones that hold for all of a class.
fn repository_hint(error: &RepositoryError, code: ExitCode) -> Option<String> {
    match error {
        RepositoryError::NotARepository { .. } | RepositoryError::Locked { .. } => None,
        RepositoryError::NoSuchFile { what, .. } | RepositoryError::Ambiguous { what, .. } => {
            Some(format!("`rempart {}` lists what there is", if *what == "key" { "key list" } else { "snapshots" }))
        }
        _ => general_hint(code),
    }
}

fn general_hint(code: ExitCode) -> Option<String> {
    let hint = match code {
        ExitCode::WrongPassword => {
            "check REMPART_PASSWORD, --password-file or --password-command; is it the right repository?"
        }
        ExitCode::StorageFull => {
            "nothing that was stored before is lost: make room, or let `rempart forget --prune` free some, and run this again"
        }
        ExitCode::Unreachable => {
            "check the address, the network and the service, then run this again: what was stored is not sent twice"
        }
        ExitCode::Refused => {
            "check the credentials and the rights of this user at that place; a certificate of an authority of your own is \
             named by --cacert, a host that you meet for the first time is accepted by --accept-new-host-key"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_class_is_found_below_any_number_of_contexts() {
        let cases: Vec<(anyhow::Error, ExitCode)> = vec![
            (RepositoryError::WrongPassword { tried: 2 }.into(), ExitCode::WrongPassword),
            (BlobError::from(RepositoryError::LockLost { minutes: 25 }).into(), ExitCode::Locked),
            (StorageError::new(StorageKind::Full, "write", "x", "/r", "full").into(), ExitCode::StorageFull),
            (std::io::Error::from_raw_os_error(28).into(), ExitCode::StorageFull),
            (Failure::usage("no").into(), ExitCode::Usage),
            (anyhow::anyhow!("something"), ExitCode::Failure),
        ];
        for (error, code) in cases {
            let text = format!("{error:#}");
            assert_eq!(classify(&error).0, code, "{text}");
            let wrapped: anyhow::Error = Err::<(), _>(error).context("inner").context("outer").unwrap_err();
            assert_eq!(classify(&wrapped).0, code, "{text} below two contexts");
        }
    }
}
