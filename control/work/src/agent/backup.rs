//! A backup of another machine: its agent reads, cuts, hashes and compresses; what is known is looked up here, the rest sealed,
//! packed and committed.

use std::sync::Arc;
use std::time::Duration;

use rempart_jobs::Job;
use rempart_model::ServerId;
use rempart_protocol::Refusal;
use rempart_protocol::data::{Direction, ServerBackup};
use rempart_protocol::job::JobLease;
use rempart_repository::Repository;
use tokio::sync::oneshot;

use super::follow::{Follower, goes_on, heard, lease_of};
use super::session::{Connections as _, DataSession};
use super::take::{BeforeCommit, Taking};
use crate::Work;
use crate::handler::{Desk, engine};
use crate::task::backup::{BackupDone, BackupTask};
use crate::trouble::{Result, Trouble};

/// How long the agent has to take the news of the commit, and to say its end.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

impl Work {
    /// Runs a backup on the machine of `server`, in as many turns as its agent is started anew meanwhile. Gives the commit;
    /// what the agent says after that changes nothing.
    pub(crate) async fn backup_elsewhere(
        self: &Arc<Self>,
        (job, server): (&Job, ServerId),
        task: BackupTask,
        repository: Repository,
        before_commit: Arc<BeforeCommit>,
        desk: &Desk,
    ) -> Result<BackupDone> {
        let mut turn = 0;
        loop {
            let (task, repository, before) = (task.clone(), repository.clone(), Arc::clone(&before_commit));
            match self.backup_turn((job, server, turn), task, repository, before, desk).await {
                Err(trouble) if goes_on(&trouble, turn, desk) => turn += 1,
                ended => return ended,
            }
        }
    }

    async fn backup_turn(
        self: &Arc<Self>,
        (job, server, turn): (&Job, ServerId, u8),
        task: BackupTask,
        repository: Repository,
        before_commit: Arc<BeforeCommit>,
        desk: &Desk,
    ) -> Result<BackupDone> {
        let (agent, lease) = (self.agents.of(server), lease_of(job, turn));
        let heard = heard(&agent, desk).await?;
        let limits = self.limits_of(server).await?;
        let session = DataSession::new(ServerBackup::new());
        session.limit(limits.pace.clone());
        let (tell, told) = oneshot::channel();
        let taking = Taking { repository, task, session: Arc::clone(&session), gauge: desk.gauge.clone(), limits };
        let mut thread = std::pin::pin!(engine(move || taking.run(tell, &*before_commit)));
        let (order, parent) = tokio::select! {
            Ok(told) = told => told,
            ended = &mut thread => return ended,
        };
        let _open = Open { work: self, lease };
        self.agents.grant((server, heard.key), lease, Direction::Backup, parent, session.clone());
        let offered = order.offer(lease).map_err(Trouble::from);
        let mut follower = match offered.and_then(|offer| Follower::begin(agent, offer)) {
            Ok(follower) => follower,
            Err(trouble) => {
                session.end(&Refusal::unexpected("the job was not offered"));
                let _ = thread.await;
                return Err(trouble);
            }
        };
        let result = tokio::select! {
            done = &mut thread => {
                if done.is_ok() {
                    let _ = tokio::time::timeout(TOLD_WITHIN, follower.end(desk)).await;
                } else {
                    follower.withdraw();
                }
                return done;
            }
            end = follower.end(desk) => end.result(),
        };
        // Its word is late where the commit stands already.
        if result.is_err() {
            session.end(&Refusal::unexpected("the agent says that the job has ended"));
        }
        match (thread.await, result) {
            (Ok(done), _) => Ok(done),
            (Err(_), Err(trouble)) | (Err(trouble), Ok(_)) => Err(trouble),
        }
    }
}

/// The job's session is open while this lives.
pub(super) struct Open<'a> {
    pub work: &'a Work,
    pub lease: JobLease,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.work.agents.end(self.lease);
    }
}
