//! An agent that is there: started anew, looked at, removed.

use jiff::Timestamp;

use super::task::Task;
use super::{Left, Step};
use crate::Work;
use crate::trouble::{Result, log};

/// A page of journal: what fits into a job's log and is read by people.
const JOURNAL_LINES: u32 = 500;

impl Work {
    pub(super) async fn restart_agent(&self, task: &mut Task<'_>) -> Result<()> {
        let (host, _) = task.enter().await?;
        task.step(Step::Restart);
        let restarted_at = Timestamp::now();
        task.unless_canceled(host.restart()).await?;
        task.report.left = Left::Done;
        let called = task.wait_for_call(restarted_at).await;
        if called.is_err() {
            task.log_journal(&host).await;
        }
        called
    }

    /// Its key first: an agent that is half removed must not come back.
    pub(super) async fn uninstall_agent(&self, task: &mut Task<'_>) -> Result<()> {
        let (host, _) = task.enter().await?;
        task.step(Step::Remove);
        task.report.left = Left::Unfinished;
        let mut tx = self.catalog.begin().await?;
        tx.drop_enrolments(task.server).await?;
        tx.revoke_agent_key(task.server, Timestamp::now()).await?;
        tx.commit().await?;
        self.agents.revoked(task.server);
        // Not to be stopped in the middle.
        host.remove().await?;
        task.report.left = Left::Done;
        task.desk.info(&log::DEPLOY_REMOVED.told());
        Ok(())
    }

    pub(super) async fn read_agent_journal(&self, task: &mut Task<'_>) -> Result<()> {
        let (host, _) = task.enter().await?;
        task.step(Step::Journal);
        let lines = task.unless_canceled(host.journal(JOURNAL_LINES)).await?;
        for line in lines {
            task.desk.info(line);
        }
        task.report.left = Left::Done;
        Ok(())
    }
}
