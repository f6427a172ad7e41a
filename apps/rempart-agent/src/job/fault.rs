//! Why a job ended without what it was to bring.

use rempart_archive::backup::BackupError;
use rempart_archive::browse::BrowseError;
use rempart_archive::pattern::PatternError;
use rempart_archive::restore::RestoreError;
use rempart_model::Outcome;
use rempart_protocol::RefusalCode;
use rempart_protocol::job::{JobLease, JobResult};
use rempart_repository::{BlobError, ErrorKind};

use super::gauge::{Gauge, Why};
use crate::session::{SessionFault, chain};

/// A word for programs and translations, as the server's own jobs have them where they say the same, and a sentence.
#[derive(Debug)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
    may_retry: bool,
    details: serde_json::Value,
}

impl Fault {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), may_retry: false, details: serde_json::Value::Null }
    }

    /// A fault of this program.
    pub fn own(what: &str) -> Self {
        Self::new("work.internal", format!("internal fault: {what}; please report it"))
    }

    /// What there is to tell beside: counts, problems.
    pub fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// The session failed before anything else did.
    pub fn because(self, session: SessionFault) -> Self {
        Self { details: self.details, ..session.into() }
    }

    /// A job that was stopped on request ends as who asked for it wants it told.
    pub fn result(self, lease: JobLease, gauge: &Gauge) -> JobResult {
        let stopped = gauge.stopped().filter(|_| self.code == "job.canceled");
        let mut result = JobResult::new(lease, Outcome::Failed);
        result.details = self.details;
        result.may_retry = self.may_retry;
        (result.code, result.message) = (Some(self.code.to_owned()), Some(self.message));
        match stopped {
            Some(Why::Canceled) => result.outcome = Outcome::Canceled,
            Some(Why::AgentStops) => {
                result.may_retry = true;
                result.code = Some("agent.restarted".to_owned());
                result.message = Some("the agent was stopped while the job ran".to_owned());
            }
            // Nobody takes this result.
            Some(Why::LeaseLost) | None => {}
        }
        result
    }
}

impl From<SessionFault> for Fault {
    fn from(fault: SessionFault) -> Self {
        let message = fault.to_string();
        match fault {
            SessionFault::Canceled => Self::new("job.canceled", message),
            SessionFault::Lost { .. } => Self { may_retry: true, ..Self::new("agent.link_lost", message) },
            // The server was started anew, or gave up for a reason of its own that it knows better than we.
            SessionFault::Refused(refusal) => {
                let again =
                    matches!(refusal.code, RefusalCode::SessionOver | RefusalCode::Foreign | RefusalCode::Aborted);
                Self { may_retry: again, ..Self::new("agent.session_refused", message) }
            }
        }
    }
}

impl From<BlobError> for Fault {
    fn from(error: BlobError) -> Self {
        let code = match error.kind() {
            ErrorKind::Canceled => "job.canceled",
            ErrorKind::Damaged => "repository.damaged",
            _ => "repository.failed",
        };
        Self::new(code, chain(&error))
    }
}

impl From<BackupError> for Fault {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Canceled => Self::new("job.canceled", error.to_string()),
            BackupError::NoTargets => Self::new("backup.no_sources", error.to_string()),
            BackupError::Empty => Self::new("backup.nothing_read", error.to_string()),
            BackupError::Sink(error) => error.into(),
            other => Self::new("backup.failed", chain(&other)),
        }
    }
}

impl From<PatternError> for Fault {
    fn from(error: PatternError) -> Self {
        Self::new("backup.bad_pattern", chain(&error))
    }
}

impl From<BrowseError> for Fault {
    fn from(error: BrowseError) -> Self {
        match error {
            BrowseError::NotFound { .. } => Self::new("snapshot.path_missing", error.to_string()),
            BrowseError::NotADirectory { .. } => Self::new("snapshot.not_a_folder", error.to_string()),
            BrowseError::ReadTree { source, .. } => source.into(),
            BrowseError::Canceled => Self::new("job.canceled", error.to_string()),
            other => Self::new("snapshot.damaged", chain(&other)),
        }
    }
}

impl From<RestoreError> for Fault {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::DeleteInRoot { .. } => Self::new("restore.delete_in_root", error.to_string()),
            other => Self::new("restore.target", chain(&other)),
        }
    }
}
