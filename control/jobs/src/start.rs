//! The one way in which a run begins, whoever asks for it.

use jiff::Timestamp;
use rempart_model::{Compression, JobId, JobKind, PlanId, PlanSpec, RepoId, RunId, RunOrigin, ServerId, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::store::StoreResult;
use crate::{NewJob, StoreError};

/// A plan as runs and the scheduler need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanToRun {
    pub id: PlanId,
    pub name: String,
    pub server_id: ServerId,
    pub repository_id: RepoId,
    pub spec: PlanSpec,
    pub enabled: bool,
    /// Counts its changes.
    pub version: i64,
    /// From when on fire times count: when it was made or changed, or the last one that was dealt with.
    pub scheduled_from: Timestamp,
    pub next_fire_at: Option<Timestamp>,
}

/// What one run does otherwise than its plan says. Kept with the job: every attempt of the run does the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunOptions {
    pub compression: Option<Compression>,
    /// Also files that look unchanged since the run before are read.
    pub read_everything: bool,
}

/// Who asks, for when, and what is to be done otherwise than the plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub kind: RunOrigin,
    /// The time of the schedule that this run is for; None where a person or a program asks.
    pub fire_at: Option<Timestamp>,
    pub requested_by: Option<UserId>,
    /// The run that this one repeats.
    pub retry_of: Option<RunId>,
    pub options: RunOptions,
}

impl Origin {
    #[must_use]
    pub fn schedule(kind: RunOrigin, fire_at: Timestamp) -> Self {
        Self { kind, fire_at: Some(fire_at), requested_by: None, retry_of: None, options: RunOptions::default() }
    }

    #[must_use]
    pub fn asked(kind: RunOrigin, requested_by: Option<UserId>) -> Self {
        Self { kind, fire_at: None, requested_by, retry_of: None, options: RunOptions::default() }
    }
}

/// A run and the job that does it, to be written in one transaction. Made by [`start_run`] only.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    pub plan_id: PlanId,
    /// The plan's place in its schedule is moved on only while the plan is at this version.
    pub plan_version: i64,
    pub plan_name: String,
    pub server_id: ServerId,
    pub repository_id: RepoId,
    pub origin: Origin,
    /// Its `run_id` is filled in by the store.
    pub job: NewJob,
    /// For a run of the schedule: what the plan's place in its schedule becomes, in the same transaction.
    pub fired: Option<Fired>,
}

/// A plan moves on in its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fired {
    /// Every fire time up to here is dealt with.
    pub through: Timestamp,
    pub next_fire_at: Option<Timestamp>,
}

/// A run that now exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    pub run_id: RunId,
    pub job_id: JobId,
}

/// What a backup job's payload says; everything else is read from the plan when the job begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupPayload {
    pub plan_id: PlanId,
    #[serde(default)]
    pub options: RunOptions,
}

/// Plans and runs as the scheduler needs them. `catalog` implements it.
pub trait RunStore: Send + Sync + 'static {
    /// Writes the run and its job in one transaction. None where the run of this fire time exists already.
    fn insert_run(&self, run: NewRun, now: Timestamp) -> StoreResult<'_, Option<Started>>;

    /// Plans whose next fire time has come; the longest due first.
    fn due_plans(&self, now: Timestamp, limit: u32) -> StoreResult<'_, Vec<PlanToRun>>;

    /// Moves a plan on in its schedule without a run, and reports `missed` fire times, each once. Nothing happens where
    /// the plan is no longer at `plan.version`.
    fn move_on(&self, plan: PlanToRun, fired: Fired, missed: Vec<Timestamp>, now: Timestamp) -> StoreResult<'_, ()>;

    /// The earliest fire time of all plans; None where no plan has one.
    fn next_fire_at(&self) -> StoreResult<'_, Option<Timestamp>>;

    /// Changes when this process changed a plan.
    fn plan_wakes(&self) -> watch::Receiver<u64>;
}

/// Begins a run of a plan: for the schedule, for "run now" and for the API alike. None where the run of this fire time
/// exists already.
pub async fn start_run(
    store: &dyn RunStore,
    plan: &PlanToRun,
    origin: Origin,
    fired: Option<Fired>,
    now: Timestamp,
) -> Result<Option<Started>, StoreError> {
    let payload = BackupPayload { plan_id: plan.id, options: origin.options };
    let job = NewJob {
        priority: plan.spec.priority,
        server_id: Some(plan.server_id),
        repository_id: Some(plan.repository_id),
        plan_id: Some(plan.id),
        requested_by: origin.requested_by,
        payload: serde_json::to_value(payload).expect("plain JSON"),
        max_attempts: plan.spec.max_retries.saturating_add(1),
        ..NewJob::new(JobKind::Backup)
    };
    let run = NewRun {
        plan_id: plan.id,
        plan_version: plan.version,
        plan_name: plan.name.clone(),
        server_id: plan.server_id,
        repository_id: plan.repository_id,
        origin,
        job,
        fired,
    };
    store.insert_run(run, now).await
}
