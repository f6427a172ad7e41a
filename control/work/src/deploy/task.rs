//! One such job at work: its login, its steps, its end.

use std::sync::Arc;
use std::time::Duration;

use rempart_deploy::{Address, Credential, DeployError, Host, Login, Machine, Secret};
use rempart_jobs::{Job, JobOutcome};
use rempart_model::{JobProgress, ServerId, SshMethod};

use super::ask::{Payload, Secrets, secrets_of};
use super::{Left, Report, Step};
use crate::handler::{Desk, failed, payload, target_gone};
use crate::trouble::{Result, Trouble, chain, log, table};
use crate::{Work, as_json};

/// How soon a request to cancel is heard.
const HEARD: Duration = Duration::from_millis(100);
/// Between two tries to come back for what must be done there.
const COME_BACK: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// How a machine is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All is done, and what was kept for the way back goes.
    Settle,
    /// There was no agent.
    Remove,
    /// It is not known whether there was one: only what this job began goes.
    Undo,
    /// There was another version.
    TakeBack,
}

pub(super) struct Task<'a> {
    pub work: Arc<Work>,
    pub desk: &'a Desk,
    pub server: ServerId,
    pub payload: Payload,
    pub report: Report,
    login: Login,
}

impl Way {
    async fn leave(self, host: &Host) -> Result<(), DeployError> {
        match self {
            Self::Settle => host.settle().await,
            Self::Remove => host.remove().await,
            Self::Undo => host.undo().await,
            Self::TakeBack => host.take_back().await,
        }
    }
}

impl<'a> Task<'a> {
    pub async fn open(work: &Arc<Work>, job: &Job, desk: &'a Desk) -> Result<Self> {
        let asked: Payload = payload(job)?;
        let missing = || Trouble::new(&table::JOB_PAYLOAD).with("detail", "it names no server");
        let server = work.catalog.server(job.server_id.ok_or_else(missing)?).await.map_err(target_gone)?.id;
        let gone = || Trouble::new(&table::DEPLOY_NO_CREDENTIALS);
        let row = work.catalog.job_secret(job.id).await?.ok_or_else(gone)?;
        let text = work.key.unseal(secrets_of(&row.uid), &row.sealed)?;
        let secrets: Secrets = serde_json::from_str(text.expose()).map_err(|error| gone().because(error))?;
        let login = login(work, &asked, &secrets).await?;
        let report = Report {
            step: Step::Connect,
            left: Left::Untouched,
            os: None,
            architecture: None,
            libc: None,
            version: None,
            sha256: None,
        };
        Ok(Self { work: Arc::clone(work), desk, server, payload: asked, report, login })
    }

    /// Seen by whoever looks on.
    pub fn step(&mut self, step: Step) {
        self.report.step = step;
        self.tell(step);
    }

    pub fn tell(&self, step: Step) {
        self.desk.tells(JobProgress { step: step.word().to_owned(), ..JobProgress::default() });
    }

    /// The first two steps of each job.
    pub async fn enter(&mut self) -> Result<(Host, Machine)> {
        self.step(Step::Connect);
        let Payload { address, port, user, .. } = &self.payload;
        let connects = log::DEPLOY_CONNECTS.told().with("user", user).with("address", address).with("port", port);
        self.desk.info(&connects.with("fingerprint", &self.payload.host_key.fingerprint));
        let mut host = self.unless_canceled(self.connect()).await?;
        self.step(Step::Detect);
        let machine = self.unless_canceled(host.detect()).await?;
        let Machine { os, arch, libc, systemd, .. } = &machine;
        let found = log::DEPLOY_FOUND.told().with("os", os).with("arch", arch).with("libc", libc);
        self.desk.info(&found.with("systemd", systemd));
        self.report.os = Some(os.clone());
        self.report.architecture = Some(arch.clone());
        self.report.libc = Some(libc.clone());
        Ok((host, machine))
    }

    async fn connect(&self) -> Result<Host, DeployError> {
        let address = Address { host: self.payload.address.clone(), port: self.payload.port };
        Host::connect(&address, &self.login, &self.payload.host_key).await
    }

    /// Drops the work where somebody cancels the job.
    pub async fn unless_canceled<T>(&self, work: impl Future<Output = Result<T, DeployError>>) -> Result<T> {
        tokio::select! {
            done = work => Ok(done?),
            () = self.canceled() => Err(Trouble::new(&table::JOB_CANCELED)),
        }
    }

    async fn canceled(&self) {
        while !self.desk.gauge.cancel.is_canceled() {
            tokio::time::sleep(HEARD).await;
        }
    }

    /// Puts the machine back.
    pub async fn put_back(&mut self, host: Host, way: Way) -> Result<(), DeployError> {
        self.tell(Step::RollBack);
        self.desk.info(&log::DEPLOY_PUTS_BACK.told());
        let back = self.insist(&host, way).await;
        self.report.left = if back.is_ok() { Left::RolledBack } else { Left::Unfinished };
        back
    }

    /// Leaves the machine so, over a new connection where the one at hand is broken: it may have been started anew.
    pub async fn insist(&self, host: &Host, way: Way) -> Result<(), DeployError> {
        let mut at_hand = Some(host);
        let mut why = DeployError::Lost { detail: String::new() };
        for wait in COME_BACK {
            tokio::time::sleep(wait).await;
            let left = match at_hand.take() {
                Some(host) => way.leave(host).await,
                None => match self.come_back().await {
                    Ok(host) => way.leave(&host).await,
                    Err(error) => Err(error),
                },
            };
            match left {
                Ok(()) => return Ok(()),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    async fn come_back(&self) -> Result<Host, DeployError> {
        let mut host = self.connect().await?;
        host.detect().await?;
        Ok(host)
    }

    /// A failure, where the machine could not be put back.
    pub fn left_behind(&self, trouble: &Trouble, left: &DeployError) -> Trouble {
        self.desk.warn(&trouble.told());
        Trouble::new(&table::DEPLOY_LEFT_BEHIND).with("detail", trouble.code()).with("left", left)
    }

    /// The last of the service's journal, for whoever asks why.
    pub async fn log_journal(&self, host: &Host) {
        match host.journal(30).await {
            Ok(lines) => lines.into_iter().for_each(|line| self.desk.info(line)),
            Err(error) => self.desk.warn(&log::DEPLOY_NO_JOURNAL.told().with("detail", chain(&error))),
        }
    }

    /// How the job ends, with what it found.
    pub fn outcome(self, done: Result<()>) -> Result<JobOutcome> {
        let result = as_json(&self.report)?;
        let outcome = match done {
            Ok(()) => JobOutcome::succeeded(),
            Err(trouble) if trouble.is_canceled() => JobOutcome::canceled(),
            Err(trouble) => {
                self.desk.warn(&trouble.told());
                failed(&trouble)
            }
        };
        Ok(outcome.with_result(result))
    }
}

async fn login(work: &Work, asked: &Payload, secrets: &Secrets) -> Result<Login> {
    let secret = |text: &Option<String>| text.clone().map(Secret::new);
    let gone = || Trouble::new(&table::DEPLOY_NO_CREDENTIALS);
    let credential = match asked.method {
        SshMethod::Password => Credential::Password(secret(&secrets.password).ok_or_else(gone)?),
        SshMethod::Key => Credential::Key {
            private: secret(&secrets.private_key).ok_or_else(gone)?,
            passphrase: secret(&secrets.passphrase),
        },
        SshMethod::ServerKey => {
            Credential::Key { private: work.own_ssh_key().await?.private.clone(), passphrase: None }
        }
    };
    Ok(Login { user: asked.user.clone(), credential, sudo_password: secret(&secrets.sudo_password) })
}
