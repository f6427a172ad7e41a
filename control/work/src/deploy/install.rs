//! A machine gets its agent: all of it, or nothing.

use jiff::{SignedDuration, Timestamp};
use rempart_deploy::{Enrolment, Host, Machine};
use rempart_model::{JobProgress, ServerId};

use super::task::{Task, Way};
use super::{Left, Step};
use crate::Work;
use crate::trouble::{Result, Trouble, chain, log, table};

/// The token is used within seconds of being made.
const TOKEN: SignedDuration = SignedDuration::from_mins(10);

impl Work {
    pub(super) async fn install_agent(&self, task: &mut Task<'_>) -> Result<()> {
        let (host, machine) = task.enter().await?;
        let has_enrolled = self.begin_install(task.server).await?;
        task.report.left = Left::Unfinished;
        let mut way = Way::Undo;
        // Not to be stopped in the middle: an agent that is there must be heard of.
        let brought = match host.prepare().await {
            Ok(()) => {
                way = Way::Remove;
                self.bring_agent(task, &host, &machine).await
            }
            Err(error) => Err(error.into()),
        };
        let Err(trouble) = brought else {
            task.report.left = Left::Done;
            return Ok(());
        };
        if trouble.code() == table::DEPLOY_ALREADY.code {
            task.report.left = Left::Untouched;
            if !has_enrolled {
                // It is another's, and stays.
                self.settle_install(task.server).await?;
                return Err(trouble);
            }
            // The attempt before this one came to its end over there, and could not say so.
            task.wait_for_call(Timestamp::UNIX_EPOCH).await?;
            self.settle_install(task.server).await?;
            task.report.left = Left::Done;
            return Ok(());
        }
        if matches!(task.report.step, Step::Start | Step::Call) && !trouble.is_canceled() {
            task.log_journal(&host).await;
        }
        self.forget_agent(task).await;
        match task.put_back(host, way).await {
            Ok(()) => Err(trouble),
            Err(left) => Err(task.left_behind(&trouble, &left)),
        }
    }

    async fn bring_agent(&self, task: &mut Task<'_>, host: &Host, machine: &Machine) -> Result<()> {
        task.upload(host, machine).await?;
        task.step(Step::Enrol);
        let (token, _) = self.make_enrolment(task.server, TOKEN, None).await?;
        let server_key = self.agent_identity().await?.public().to_string();
        let home = &task.payload.home;
        let enrolment =
            Enrolment { server: &home.server_url, server_key: &server_key, certificate: home.certificate.as_deref() };
        let enrolled = task.unless_canceled(host.enrol(enrolment, &token.reveal())).await;
        enrolled.map_err(|trouble| trouble.with("server", &home.server_url))?;
        task.step(Step::Start);
        let started_at = Timestamp::now();
        task.unless_canceled(host.start()).await?;
        task.wait_for_call(started_at).await?;
        task.insist(host, Way::Settle).await?;
        self.settle_install(task.server).await
    }

    /// Whether an attempt before this one has enrolled an agent.
    async fn begin_install(&self, server: ServerId) -> Result<bool> {
        let mut tx = self.catalog.begin().await?;
        let has_enrolled = tx.begin_agent_install(server, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(has_enrolled)
    }

    async fn settle_install(&self, server: ServerId) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.settle_agent_install(server).await?;
        Ok(tx.commit().await?)
    }

    /// The token of a failed installation, and the key that came by it, are no good any more. A key that the server had before
    /// is its agent's again.
    async fn forget_agent(&self, task: &Task<'_>) {
        let forget = async {
            let mut tx = self.catalog.begin().await?;
            tx.drop_enrolments(task.server).await?;
            let is_revoked = tx.take_back_agent_install(task.server, Timestamp::now()).await?;
            tx.commit().await?;
            if is_revoked {
                self.agents.revoked(task.server);
            }
            Ok::<(), Trouble>(())
        };
        if let Err(trouble) = forget.await {
            task.desk.warn(&log::DEPLOY_KEY_STAYS.told().with("detail", chain(&trouble)));
        }
    }
}

impl Task<'_> {
    /// Chooses the program, sends it, sees it run.
    pub(super) async fn upload(&mut self, host: &Host, machine: &Machine) -> Result<()> {
        self.step(Step::Upload);
        let (programs, of) = (self.work.agent_programs.clone(), machine.clone());
        let program = crate::blocking(move || Ok(programs.find(&of)?)).await?;
        let total = program.bytes.len() as u64;
        let sends = log::DEPLOY_SENDS.told().with("path", program.path.display()).with("size", total);
        self.desk.info(&sends.with("sha256", &program.sha256));
        let desk = self.desk;
        let sent = |bytes: u64| {
            let mut progress = JobProgress { step: Step::Upload.word().to_owned(), ..JobProgress::default() };
            progress.counters.bytes_total = total;
            progress.counters.bytes_done = bytes;
            desk.tells(progress);
        };
        let version = self.unless_canceled(host.upload(&program, &sent)).await?;
        self.desk.info(&log::DEPLOY_ARRIVED.told().with("version", &version));
        self.report.version = Some(version);
        self.report.sha256 = Some(program.sha256);
        Ok(())
    }
}
