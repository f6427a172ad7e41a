//! The agent's life on another machine, over SSH: each a job with steps that are seen as they happen.
//!
//! - [`SshLogin`] and [`Home`]: what a person gives for it, and how the agent finds back to this server.
//! - `install`, `upgrade`, `care`: what the jobs do. `task` is what they have in common, `call` how they wait for the agent.
//! - Credentials go sealed into the queue and leave it with the job; a host key is one that a person accepted, or nothing is
//!   sent.
//!
//! What a job began it ends or takes back, also when it is canceled. A job whose worker died is done again, and begins by
//! removing what the attempt before has left.

mod ask;
mod behind;
mod call;
mod care;
mod install;
mod own_key;
mod task;
mod told;
mod upgrade;

use rempart_jobs::{Job, JobOutcome};
use rempart_model::JobKind;
use serde::Serialize;
use std::sync::Arc;

pub use ask::{Home, SeenHostKey, SshLogin};
pub use rempart_deploy::HostKey;

use crate::Work;
use crate::handler::Desk;
use crate::trouble::Result;

/// What these jobs say that they are at, in the order in which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Step {
    Connect,
    Detect,
    Upload,
    Enrol,
    Start,
    Call,
    Remove,
    Restart,
    Journal,
    RollBack,
}

impl Step {
    const fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Detect => "detect",
            Self::Upload => "upload",
            Self::Enrol => "enrol",
            Self::Start => "start",
            Self::Call => "call",
            Self::Remove => "remove",
            Self::Restart => "restart",
            Self::Journal => "journal",
            Self::RollBack => "rollBack",
        }
    }
}

/// What became of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Left {
    /// As was asked for.
    Done,
    /// Nothing was changed there.
    Untouched,
    /// As it was before.
    RolledBack,
    /// It could not be put back.
    Unfinished,
}

/// The result of such a job: how far it came, and what it found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// The last step that was begun.
    step: Step,
    left: Left,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    libc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Work {
    pub(crate) async fn look_after_agent(self: &Arc<Self>, job: &Job, desk: &Desk) -> Result<JobOutcome> {
        let mut task = task::Task::open(self, job, desk).await?;
        let done = match job.kind {
            JobKind::AgentUpgrade => self.upgrade_agent(&mut task).await,
            JobKind::AgentRestart => self.restart_agent(&mut task).await,
            JobKind::AgentUninstall => self.uninstall_agent(&mut task).await,
            JobKind::AgentJournal => self.read_agent_journal(&mut task).await,
            _ => self.install_agent(&mut task).await,
        };
        task.outcome(done)
    }
}
