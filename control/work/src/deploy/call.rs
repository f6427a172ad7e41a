//! The agent calls by itself: how a job waits for that.

use std::time::Duration;

use jiff::Timestamp;

use super::Step;
use super::task::Task;
use crate::trouble::{Result, Trouble, log, table};

/// The agent's own waits between two tries grow from a second: one that can call does so well before.
const WITHIN: Duration = Duration::from_secs(45);
/// Another process of the server may hold the channel: the catalog is what all of them tell.
const LOOK: Duration = Duration::from_millis(250);

impl Task<'_> {
    /// Until its channel was opened after `since`, and still is.
    pub async fn wait_for_call(&mut self, since: Timestamp) -> Result<()> {
        self.step(Step::Call);
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            let agent = self.work.catalog.agent(self.server).await?;
            let is_there = agent.is_some_and(|agent| {
                agent.process.is_some() && agent.connected_at.is_some_and(|connected| connected >= since)
            });
            if is_there {
                self.desk.info(&log::AGENT_CALLED.told());
                return Ok(());
            }
            if self.desk.gauge.cancel.is_canceled() {
                return Err(Trouble::new(&table::JOB_CANCELED));
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(Trouble::new(&table::DEPLOY_NO_CALL).with("seconds", WITHIN.as_secs()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
