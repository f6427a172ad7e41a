//! The agent's program is exchanged; one that does not call back goes, and the one before returns.

use jiff::Timestamp;
use rempart_deploy::{Host, Machine};

use super::task::{Task, Way};
use super::{Left, Step};
use crate::Work;
use crate::trouble::{Result, log};

impl Work {
    pub(super) async fn upgrade_agent(&self, task: &mut Task<'_>) -> Result<()> {
        let (host, machine) = task.enter().await?;
        task.unless_canceled(host.is_installed()).await?;
        task.report.left = Left::Unfinished;
        let Err(trouble) = exchange(task, &host, &machine).await else {
            task.report.left = Left::Done;
            return Ok(());
        };
        if matches!(task.report.step, Step::Start | Step::Call) && !trouble.is_canceled() {
            task.log_journal(&host).await;
        }
        let taken_back_at = Timestamp::now();
        let is_exchanged = matches!(task.report.step, Step::Start | Step::Call);
        let failed_at = task.report.step;
        let back = task.put_back(host, Way::TakeBack).await;
        if let Err(left) = back {
            return Err(task.left_behind(&trouble, &left));
        }
        if is_exchanged && !trouble.is_canceled() {
            // Told apart from a machine that nobody reaches any more.
            match task.wait_for_call(taken_back_at).await {
                Ok(()) => task.desk.info(&log::DEPLOY_TOOK_BACK.told()),
                Err(_) => task.desk.warn(&log::DEPLOY_TOOK_BACK_SILENT.told()),
            }
        }
        task.report.step = failed_at;
        Err(trouble)
    }
}

async fn exchange(task: &mut Task<'_>, host: &Host, machine: &Machine) -> Result<()> {
    task.upload(host, machine).await?;
    task.step(Step::Start);
    let exchanged_at = Timestamp::now();
    task.unless_canceled(host.exchange_program()).await?;
    task.wait_for_call(exchanged_at).await?;
    Ok(task.insist(host, Way::Settle).await?)
}
