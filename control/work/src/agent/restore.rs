//! A restore onto another machine: its agent asks for what it needs of the snapshot, and writes it.

use std::sync::Arc;

use rempart_archive::browse;
use rempart_jobs::Job;
use rempart_model::{Outcome, ServerId, SnapshotId};
use rempart_protocol::Refusal;
use rempart_protocol::data::{Direction, RestoreRequest, ServerRestore};
use rempart_protocol::order::{self, Limits, RestoreOrder, RestoreOutcome};
use rempart_repository::Repository;
use tokio::sync::oneshot;

use super::backup::Open;
use super::follow::{End, Follower, failed, goes_on, heard, inherited, lease_of};
use super::readable::Readable;
use super::serve;
use super::session::{Connections as _, DataSession};
use crate::Work;
use crate::browse::path_bytes;
use crate::handler::{Desk, engine};
use crate::task::gauge::Gauge;
use crate::task::lock;
use crate::task::restore::{RestoreChange, RestoreProblem, RestoreResult, RestoreTask};
use crate::trouble::{Result, Trouble, table};

impl Work {
    /// Restores a snapshot, or a part of it, onto the machine of `server`, in as many turns as its agent is started anew
    /// meanwhile. A restore that the agent brought to its end while the server was away is not done again.
    pub(crate) async fn restore_elsewhere(
        self: &Arc<Self>,
        (job, server): (&Job, ServerId),
        repository: Repository,
        (snapshot, task): (SnapshotId, RestoreTask),
        desk: &Desk,
    ) -> Result<RestoreResult> {
        if let Some(result) = inherited(&self.agents.of(server), job, desk).await {
            return read(End::Ended(Box::new(result)));
        }
        let mut turn = 0;
        loop {
            let from = (repository.clone(), snapshot, task.clone());
            match self.restore_turn((job, server, turn), from, desk).await {
                Err(trouble) if goes_on(&trouble, turn, desk) => turn += 1,
                ended => return ended,
            }
        }
    }

    async fn restore_turn(
        self: &Arc<Self>,
        (job, server, turn): (&Job, ServerId, u8),
        (repository, snapshot, task): (Repository, SnapshotId, RestoreTask),
        desk: &Desk,
    ) -> Result<RestoreResult> {
        let (agent, lease) = (self.agents.of(server), lease_of(job, turn));
        let heard = heard(&agent, desk).await?;
        let limits = self.limits_of(server).await?;
        let session = DataSession::new(ServerRestore::new());
        session.limit(limits.pace.clone());
        let (tell, told) = oneshot::channel();
        let giving =
            Giving { repository, snapshot, task, session: Arc::clone(&session), gauge: desk.gauge.clone(), limits };
        let mut thread = std::pin::pin!(engine(move || giving.run(tell)));
        let order = tokio::select! {
            Ok(told) = told => told,
            ended = &mut thread => return ended.and(Err(Trouble::new(&table::JOB_CANCELED))),
        };
        let _open = Open { work: self, lease };
        self.agents.grant((server, heard.key), lease, Direction::Restore, None, session.clone());
        let offered = order.offer(lease).map_err(Trouble::from);
        let outcome = match offered.and_then(|offer| Follower::begin(agent, offer)) {
            Ok(mut follower) => tokio::select! {
                end = follower.end(desk) => Ok(end),
                // It ends by itself only where it cannot go on.
                ended = &mut thread => {
                    follower.withdraw();
                    return ended.and(Err(Trouble::new(&table::JOB_CANCELED)));
                }
            },
            Err(trouble) => Err(trouble),
        };
        session.end(&Refusal::unexpected("the job has ended"));
        // The repository's lock goes with it.
        let _ = thread.await;
        read(outcome?)
    }
}

/// A failed restore has a result too: what was restored, and why the rest was not.
fn read(end: End) -> Result<RestoreResult> {
    let result = match end {
        End::Ended(result) if result.outcome == Outcome::Failed => {
            let outcome: Option<RestoreOutcome> = serde_json::from_value(result.details.clone()).ok();
            return match outcome.filter(|outcome| outcome.is_full) {
                Some(outcome) => Ok(told(outcome)),
                None => Err(failed(&result)),
            };
        }
        end => end.result()?,
    };
    let outcome = serde_json::from_value(result.details);
    outcome.map(told).map_err(|error| Trouble::new(&table::AGENT_FAILED).because(error))
}

/// The thread that gives the agent what it asks for.
struct Giving {
    repository: Repository,
    snapshot: SnapshotId,
    task: RestoreTask,
    session: Arc<DataSession<ServerRestore>>,
    gauge: Arc<Gauge>,
    limits: Limits,
}

impl Giving {
    fn run(self, tell: oneshot::Sender<RestoreOrder>) -> Result<()> {
        let cancel = &self.gauge.cancel;
        // Nothing that the agent will ask for is pruned away while this lives.
        let _held = lock::shared(&self.repository, cancel)?;
        self.repository.reload_index()?;
        let stored = self.repository.snapshot(self.snapshot)?;
        let tree = stored.snapshot.tree;
        for path in &self.task.paths {
            browse::resolve(&self.repository, tree, &path_bytes(path))?;
        }
        let order = RestoreOrder {
            tree,
            paths: self.task.paths.clone(),
            target: self.task.target.clone(),
            source_paths: stored.snapshot.paths.clone(),
            overwrite: self.task.overwrite,
            delete: self.task.delete,
            dry_run: self.task.dry_run,
            verify: self.task.verify,
            limits: self.limits.clone(),
        };
        if tell.send(order).is_err() {
            return Ok(());
        }
        self.gauge.step("restoring");
        let served = self.serve(Readable::from(Some(tree)));
        if let Err(trouble) = &served {
            self.session.abort(&trouble.to_string());
        }
        served
    }

    /// Until the session is over, which it is when the agent has told how it went.
    fn serve(&self, mut readable: Readable) -> Result<()> {
        let mut is_finished = false;
        loop {
            match self.session.next(&self.gauge.cancel, ServerRestore::next_request) {
                Ok(RestoreRequest::Read(request)) => {
                    serve::answer(&self.session, &self.repository, &mut readable, request, &self.gauge.cancel)?;
                }
                Ok(RestoreRequest::Finished) => is_finished = true,
                Err(_) if is_finished => return Ok(()),
                Err(stopped) => return Err(stopped.into()),
            }
        }
    }
}

/// As a restore of this machine tells it.
fn told(outcome: RestoreOutcome) -> RestoreResult {
    let counts = outcome.counts;
    let problem = |problem: order::FileProblem| RestoreProblem { path: problem.path, message: problem.message };
    let change = |change: order::RestoreChange| RestoreChange {
        path: change.path,
        action: change.action.into(),
        size_bytes: change.size_bytes,
    };
    RestoreResult {
        dry_run: outcome.dry_run,
        target: outcome.target,
        created: counts.created,
        replaced: counts.replaced,
        updated: counts.updated,
        described: counts.described,
        unchanged: counts.unchanged,
        kept: counts.kept,
        deleted: counts.deleted,
        files: counts.files,
        directories: counts.directories,
        total_bytes: counts.total_bytes,
        written_bytes: counts.written_bytes,
        verified: counts.verified,
        problem_count: outcome.problems.count,
        problems: outcome.problems.first.into_iter().map(problem).collect(),
        changes: outcome.changes.first.into_iter().map(change).collect(),
        is_full: outcome.is_full,
    }
}
