//! What is said of jobs on the control channel.

use rempart_model::{JobId, JobKind, JobProgress, Outcome};
use serde::{Deserialize, Serialize};

use crate::limits::{JOB_DETAILS_BYTES, JOBS_PER_AGENT, NAME_BYTES, SENTENCE_BYTES};
use crate::refusal::{Result, cut, within};

/// The right to work on a job. The queue counts the generation up each time that it gives the job out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobLease {
    pub job: JobId,
    pub generation: i64,
}

/// Work for the agent. The payload's shape depends on the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobOffer {
    pub lease: JobLease,
    pub kind: JobKind,
    #[serde(default)]
    pub payload: serde_json::Value,
}

/// How a job ended on the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobResult {
    pub lease: JobLease,
    pub outcome: Outcome,
    /// Whether another attempt may succeed; asked where it failed only.
    #[serde(default)]
    pub may_retry: bool,
    /// A word for programs and translations, such as `storage.full`.
    #[serde(default)]
    pub code: Option<String>,
    /// A sentence for people.
    #[serde(default)]
    pub message: Option<String>,
    /// What came of it; its shape depends on the kind.
    #[serde(default)]
    pub details: serde_json::Value,
}

/// The first thing that an agent says on a new connection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobReport {
    pub running: Vec<JobLease>,
    /// Whose results the server has not taken; they follow, one message each.
    pub finished: Vec<JobLease>,
}

/// Why an agent does not take a job now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decline {
    /// It knows of a younger lease of this job.
    Stale,
    /// An older lease of this job is still being stopped: offer it again when its result has come.
    StillStopping,
    /// It holds as many jobs as it may.
    Full,
    /// It does not do such work.
    NotAble,
}

/// Why a server tells an agent to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Withdrawal {
    /// Somebody asked for it.
    Canceled,
    /// The lease has moved on, or the server does not know it: nothing that comes of it is taken.
    LeaseLost,
}

/// Of jobs, to an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToAgent {
    Offer(JobOffer),
    Stop {
        lease: JobLease,
        reason: Withdrawal,
    },
    /// The result has been stored (`kept`), or is of no use: either way it need not be told again.
    ResultTaken {
        lease: JobLease,
        kept: bool,
    },
}

/// Of jobs, from an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FromAgent {
    Report(JobReport),
    Accept { lease: JobLease },
    Decline { lease: JobLease, reason: Decline },
    Progress { lease: JobLease, progress: JobProgress },
    Result(JobResult),
}

impl JobResult {
    #[must_use]
    pub const fn new(lease: JobLease, outcome: Outcome) -> Self {
        Self { lease, outcome, may_retry: false, code: None, message: None, details: serde_json::Value::Null }
    }

    /// Within the limits: what is for people is cut. Details that are too long are refused: they are for the caller to
    /// shorten, who knows what matters in them.
    pub(super) fn bounded(mut self) -> Result<Self> {
        let details = self.details.to_string().len();
        within("a result's details, in bytes of JSON", details, JOB_DETAILS_BYTES)?;
        self.code = self.code.map(|code| cut(code, NAME_BYTES));
        self.message = self.message.map(|message| cut(message, SENTENCE_BYTES));
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        within("a result's code, in bytes", self.code.as_ref().map_or(0, String::len), NAME_BYTES)?;
        within("a result's message, in bytes", self.message.as_ref().map_or(0, String::len), SENTENCE_BYTES)
    }
}

impl FromAgent {
    /// Lengths that JSON itself does not bound.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Report(report) => {
                within("jobs in a report", report.running.len() + report.finished.len(), JOBS_PER_AGENT)
            }
            Self::Progress { progress, .. } => {
                within("a step's name, in bytes", progress.step.len(), NAME_BYTES)?;
                within("current files", progress.current_files.len(), NAME_BYTES)
            }
            Self::Result(result) => result.check(),
            Self::Accept { .. } | Self::Decline { .. } => Ok(()),
        }
    }
}
