//! A job (a unit of queued work) and a run (one execution of a plan): what kinds there are and how they may change.

use crate::Outcome;
use crate::word::words;

words! {
    /// What a job does.
    JobKind("job kind") {
        Backup = "backup",
        Restore = "restore",
        /// Structure of a repository, and its data where that is asked for.
        Check = "check",
        /// Reads a recovery point's data again.
        Verify = "verify",
        /// Drops snapshots by policy.
        Forget = "forget",
        /// Gives space back.
        Prune = "prune",
        SnapshotDelete = "snapshot_delete",
        /// Reads a repository's snapshots into the catalog.
        RepositoryRefresh = "repository_refresh",
        /// Capacity and growth of a storage pool.
        PoolAnalysis = "pool_analysis",
        /// Brings the agent onto another machine, over SSH.
        AgentInstall = "agent_install",
        /// Exchanges the agent's program for the one that the server has.
        AgentUpgrade = "agent_upgrade",
        AgentRestart = "agent_restart",
        /// Removes the agent from its machine, and its key from the server.
        AgentUninstall = "agent_uninstall",
        /// Reads the journal of the agent's service.
        AgentJournal = "agent_journal",
    }

    /// Where a job stands. It ends once: nothing follows a final state.
    JobState("job state") {
        Queued = "queued",
        /// A worker holds it and has not begun.
        Leased = "leased",
        Running = "running",
        Succeeded = "succeeded",
        /// Done, and something is not as it was asked for; the job's run lists what.
        Warning = "warning",
        Failed = "failed",
        Canceled = "canceled",
    }

    /// Where a run stands: its job's states as people see them, and `missed`.
    RunState("run state") {
        Queued = "queued",
        Running = "running",
        Succeeded = "succeeded",
        /// A recovery point stands, and something is not in it: the problems say what.
        Warning = "warning",
        Failed = "failed",
        Canceled = "canceled",
        /// Its time passed while no server ran, and the plan asks for a report instead of catching up.
        Missed = "missed",
    }

    /// Who asked for a run.
    RunOrigin("run origin") {
        Schedule = "schedule",
        /// The schedule, late: the fire time passed while no server ran.
        CatchUp = "catch_up",
        /// A person, "run now".
        User = "user",
        /// A program, by token or by an old route.
        Api = "api",
        /// A person, after a run that failed.
        Retry = "retry",
    }

    /// How much a line of a job's log matters.
    LogLevel("log level") {
        Debug = "debug",
        Info = "info",
        Warning = "warning",
        Error = "error",
    }

    /// How a job stands to its repository.
    Access("access") {
        /// Needs no repository.
        None = "none",
        /// Beside others that share it.
        Shared = "shared",
        /// Alone.
        Exclusive = "exclusive",
    }
}

impl JobKind {
    /// Who may work beside whom in one repository. What rewrites or drops packs and snapshots works alone, and `check`
    /// too, since it judges what a writer is about to change.
    #[must_use]
    pub const fn access(self) -> Access {
        match self {
            Self::Backup | Self::Restore | Self::Verify | Self::RepositoryRefresh => Access::Shared,
            Self::Check | Self::Forget | Self::Prune | Self::SnapshotDelete => Access::Exclusive,
            Self::PoolAnalysis
            | Self::AgentInstall
            | Self::AgentUpgrade
            | Self::AgentRestart
            | Self::AgentUninstall
            | Self::AgentJournal => Access::None,
        }
    }
}

impl JobState {
    /// The states in which the queue still has to do with a job.
    pub const ACTIVE: &'static [Self] = &[Self::Queued, Self::Leased, Self::Running];
    pub const FINAL: &'static [Self] = &[Self::Succeeded, Self::Warning, Self::Failed, Self::Canceled];

    /// The states from which this one may be reached: the only list of transitions, in Rust and in SQL alike. A job
    /// whose lease was lost, or that is tried again, goes back to `queued`.
    #[must_use]
    pub const fn valid_previous_states(self) -> &'static [Self] {
        match self {
            Self::Queued => &[Self::Leased, Self::Running],
            Self::Leased => &[Self::Queued],
            Self::Running => &[Self::Leased],
            Self::Succeeded | Self::Warning => &[Self::Running],
            Self::Failed => &[Self::Leased, Self::Running],
            Self::Canceled => &[Self::Queued, Self::Leased, Self::Running],
        }
    }

    #[must_use]
    pub fn may_follow(self, previous: Self) -> bool {
        self.valid_previous_states().contains(&previous)
    }

    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Leased | Self::Running => false,
            Self::Succeeded | Self::Warning | Self::Failed | Self::Canceled => true,
        }
    }
}

impl From<Outcome> for JobState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Warning => Self::Warning,
            Outcome::Failed => Self::Failed,
            Outcome::Canceled => Self::Canceled,
        }
    }
}

impl RunState {
    pub const FINAL: &'static [Self] = &[Self::Succeeded, Self::Warning, Self::Failed, Self::Canceled, Self::Missed];

    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Warning | Self::Failed | Self::Canceled | Self::Missed => true,
        }
    }
}

impl From<JobState> for RunState {
    /// What a run's job does shows as this. A leased job has not begun.
    fn from(state: JobState) -> Self {
        match state {
            JobState::Queued | JobState::Leased => Self::Queued,
            JobState::Running => Self::Running,
            JobState::Succeeded => Self::Succeeded,
            JobState::Warning => Self::Warning,
            JobState::Failed => Self::Failed,
            JobState::Canceled => Self::Canceled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_state_is_never_left_and_every_state_is_reached() {
        for &state in JobState::ALL {
            assert_eq!(state.is_final(), JobState::FINAL.contains(&state), "{state}");
            assert_ne!(state.is_final(), JobState::ACTIVE.contains(&state), "{state}");
            let reached_from = state.valid_previous_states();
            assert!(!reached_from.is_empty(), "{state} is never reached");
            assert!(reached_from.iter().all(|previous| !previous.is_final()), "{state} follows a final state");
        }
    }

    #[test]
    fn words_are_snake_case_in_the_database_and_camel_case_in_json() {
        assert_eq!(JobKind::SnapshotDelete.as_str(), "snapshot_delete");
        assert_eq!("pool_analysis".parse(), Ok(JobKind::PoolAnalysis));
        let error = "snapshotDelete".parse::<JobKind>().expect_err("JSON's spelling");
        assert!(error.to_string().contains("snapshot_delete"), "{error}");
    }
}
