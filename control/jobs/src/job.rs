//! A job on its way through the queue.

use jiff::Timestamp;
use rempart_model::{
    Access, JobId, JobKind, JobProgress, JobState, LogLevel, Outcome, PlanId, PoolId, RepoId, RunId, ServerId, UserId,
};
use serde::{Deserialize, Serialize};

use crate::Told;

/// A job that is asked for. What it needs beside these columns is in `payload`, which its kind's handler reads.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    pub kind: JobKind,
    /// -10 to 10; higher goes first. Equal ones take turns by server.
    pub priority: i32,
    pub server_id: Option<ServerId>,
    pub pool_id: Option<PoolId>,
    /// The repository that the job needs, shared or alone as its kind says.
    pub repository_id: Option<RepoId>,
    pub plan_id: Option<PlanId>,
    /// The run whose state and counters follow this job's.
    pub run_id: Option<RunId>,
    pub requested_by: Option<UserId>,
    pub payload: serde_json::Value,
    pub not_before: Option<Timestamp>,
    pub max_attempts: u32,
    /// While a job with this key is queued or runs, another is not added.
    pub unique_key: Option<String>,
}

impl NewJob {
    /// A job of normal priority that is tried once.
    #[must_use]
    pub fn new(kind: JobKind) -> Self {
        Self {
            kind,
            priority: 0,
            server_id: None,
            pool_id: None,
            repository_id: None,
            plan_id: None,
            run_id: None,
            requested_by: None,
            payload: serde_json::Value::Null,
            not_before: None,
            max_attempts: 1,
            unique_key: None,
        }
    }

    /// How it stands to its repository.
    #[must_use]
    pub fn access(&self) -> Access {
        if self.repository_id.is_some() { self.kind.access() } else { Access::None }
    }
}

/// A job as the queue, or its history, holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub state: JobState,
    pub priority: i32,
    pub server_id: Option<ServerId>,
    pub pool_id: Option<PoolId>,
    pub repository_id: Option<RepoId>,
    pub plan_id: Option<PlanId>,
    pub run_id: Option<RunId>,
    pub requested_by: Option<UserId>,
    pub access: Access,
    pub payload: serde_json::Value,
    /// Counts the claims that got as far as running, this one included.
    pub attempt: u32,
    pub max_attempts: u32,
    pub not_before: Option<Timestamp>,
    pub queued_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub cancel_requested: bool,
    pub worker: Option<String>,
    /// Counts the claims. A write that names another generation than the row's comes from a worker that lost its lease.
    pub generation: i64,
    pub lease_until: Option<Timestamp>,
    pub progress: Option<JobProgress>,
    /// A word for programs and translations, such as `storage.full`.
    pub code: Option<String>,
    /// A sentence for people.
    pub message: Option<String>,
    pub result: Option<serde_json::Value>,
}

impl Job {
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease { job_id: self.id, generation: self.generation }
    }
}

/// The right to work on a job, until the generation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    pub job_id: JobId,
    pub generation: i64,
}

/// What a handler says at the end of its work.
#[derive(Debug, Clone, PartialEq)]
pub struct JobOutcome {
    pub outcome: Outcome,
    /// Whether another attempt may succeed; asked where the outcome is `Failed` only.
    pub may_retry: bool,
    /// A word for programs and translations, such as `storage.full`.
    pub code: Option<String>,
    /// A sentence for people: why it failed or warns.
    pub message: Option<String>,
    /// What came of it; its shape depends on the kind.
    pub result: Option<serde_json::Value>,
}

impl JobOutcome {
    const fn of(outcome: Outcome) -> Self {
        Self { outcome, may_retry: false, code: None, message: None, result: None }
    }

    #[must_use]
    pub const fn succeeded() -> Self {
        Self::of(Outcome::Succeeded)
    }

    /// Done, and something is not as it was asked for.
    #[must_use]
    pub fn warning(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: Some(code.into()), message: Some(message.into()), ..Self::of(Outcome::Warning) }
    }

    /// Failed for good: another attempt would fail the same way.
    #[must_use]
    pub fn failed(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: Some(code.into()), message: Some(message.into()), ..Self::of(Outcome::Failed) }
    }

    /// Failed, and worth another attempt while the job has one left.
    #[must_use]
    pub fn failed_for_now(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { may_retry: true, ..Self::failed(code, message) }
    }

    /// Stopped because the context's token asked for it.
    #[must_use]
    pub const fn canceled() -> Self {
        Self::of(Outcome::Canceled)
    }

    #[must_use]
    pub fn with_result(mut self, result: serde_json::Value) -> Self {
        self.result = Some(result);
        self
    }
}

/// One line of a job's or a worker's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: Timestamp,
    pub level: LogLevel,
    /// A sentence as [`Told`] stores it, or plain words.
    pub text: String,
}

/// Longer lines are cut: a log is read by people.
pub const LOG_LINE_LIMIT_BYTES: usize = 4096;

/// The first `most` bytes of a text, of which something is missing then.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// PostgreSQL's text holds no zero byte, and a log line is one line.
pub(crate) fn on_one_line(text: String) -> String {
    if text.contains(['\0', '\n', '\r']) { text.replace(['\0', '\r'], "").replace('\n', " ⏎ ") } else { text }
}

impl LogLine {
    #[must_use]
    pub fn new(at: Timestamp, level: LogLevel, text: impl Into<String>) -> Self {
        Self { at, level, text: on_one_line(cut(text.into(), LOG_LINE_LIMIT_BYTES)) }
    }

    #[must_use]
    pub fn told(at: Timestamp, level: LogLevel, told: &Told) -> Self {
        Self::new(at, level, told.encode_line())
    }
}
