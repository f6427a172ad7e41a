//! What is done to a machine, one step at a time. Each step either holds or says why not; [`Host::remove`] takes back all.

use std::time::Duration;

use bytes::Bytes;
use russh::client::Handle;
use zeroize::Zeroizing;

use crate::command::{Said, Script};
use crate::connect::{Address, Credential, Login, Secret, connect};
use crate::host_key::Gate;
use crate::{DeployError, HostKey, Privilege, Program, UNIT};

/// A machine that let us in.
pub struct Host {
    ssh: Handle<Gate>,
    user: String,
    sudo_password: Option<Secret>,
    privilege: Privilege,
}

/// Where the agent calls, and by what it knows the server.
#[derive(Debug, Clone, Copy)]
pub struct Enrolment<'a> {
    pub server: &'a str,
    pub server_key: &'a str,
    /// SHA-256 of the one certificate to trust.
    pub certificate: Option<&'a str>,
}

/// A program of the agent is a few megabytes; this much more is asked for, for its folder and its journal.
const ROOM_BYTES: u64 = 16 << 20;

/// For what only reads and moves files.
const QUICK: Duration = Duration::from_secs(60);
/// For a service that is stopped: the agent gives its jobs a moment, systemd gives it ninety seconds.
const SERVICE: Duration = Duration::from_secs(150);
/// For a program over a slow line.
const UPLOAD: Duration = Duration::from_secs(1800);
/// The agent gives up by itself before.
const ENROL: Duration = Duration::from_secs(90);

// Statuses by which scripts tell one end from another, in `far/*.sh`.
const ALREADY: u32 = 40;
const MISSING: u32 = 41;
const NO_ROOM: u32 = 42;
const DAMAGED: u32 = 43;
const DOES_NOT_RUN: u32 = 44;

impl Host {
    /// The login goes only to a host that shows the expected key.
    pub async fn connect(address: &Address, login: &Login, expected: &HostKey) -> Result<Self, DeployError> {
        let ssh = connect(address, login, expected).await?;
        let sudo_password = match (&login.sudo_password, &login.credential) {
            (Some(password), _) | (None, Credential::Password(password)) => Some(password.clone()),
            (None, Credential::Key { .. }) => None,
        };
        Ok(Self { ssh, user: login.user.clone(), sudo_password, privilege: Privilege::Root })
    }

    /// Makes the agent's folder. What an installation that was cut short left is removed first.
    pub async fn prepare(&self) -> Result<(), DeployError> {
        self.ends(self.root("preparing", include_str!("far/prepare.sh"), &[], Bytes::new(), SERVICE).await?).map(|_| ())
    }

    /// Puts a program beside the one in use, if any, and sees that it is whole and runs; what it says of its version.
    pub async fn upload(&self, program: &Program, sent: &(dyn Fn(u64) + Sync)) -> Result<String, DeployError> {
        let (bytes, needed) = (program.bytes.len().to_string(), program.bytes.len() as u64 + ROOM_BYTES);
        let script = Script {
            what: "the upload",
            text: include_str!("far/upload.sh"),
            arguments: &[&program.sha256, &bytes, &(needed / 1024).to_string()],
            input: program.bytes.clone(),
            limit: UPLOAD,
            as_root: true,
        };
        let said = self.run_watched(script, sent).await?;
        if said.status == NO_ROOM {
            let free_kib: u64 = said.value("free_kib").and_then(|kib| kib.parse().ok()).unwrap_or(0);
            return Err(DeployError::NoRoom { needed_bytes: needed, free_bytes: free_kib * 1024 });
        }
        let said = self.ends(said)?;
        Ok(said.value("version").unwrap_or_default().to_owned())
    }

    /// Takes the uploaded program into use on a machine that has none, and makes it known by a one-time token.
    pub async fn enrol(&self, enrolment: Enrolment<'_>, token: &str) -> Result<(), DeployError> {
        let input = Zeroizing::new(format!("{token}\n"));
        let arguments = [enrolment.server, enrolment.server_key, enrolment.certificate.unwrap_or_default()];
        let text = include_str!("far/enrol.sh");
        let said =
            self.root("the enrolment", text, &arguments, Bytes::copy_from_slice(input.as_bytes()), ENROL).await?;
        match said.status {
            0 => Ok(()),
            _ => Err(DeployError::Enrol { detail: said.why() }),
        }
    }

    /// Writes the unit, enables it and starts it.
    pub async fn start(&self) -> Result<(), DeployError> {
        let unit = Bytes::from_static(UNIT.as_bytes());
        let said = self.root("the start", include_str!("far/start.sh"), &[], unit, SERVICE).await?;
        started(said)
    }

    /// All that was to be done is done: what is there stays.
    pub async fn settle(&self) -> Result<(), DeployError> {
        let text = include_str!("far/settle.sh");
        self.ends(self.root("the last step", text, &[], Bytes::new(), QUICK).await?).map(|_| ())
    }

    /// Takes the uploaded program and this version's unit into use; those before stay beside them.
    pub async fn exchange_program(&self) -> Result<(), DeployError> {
        let unit = Bytes::from_static(UNIT.as_bytes());
        let said = self.root("the exchange", include_str!("far/exchange.sh"), &[], unit, SERVICE).await?;
        if said.status == MISSING {
            return Err(DeployError::NotInstalled);
        }
        started(said)
    }

    /// The program and the unit of before are in use again, where there are any; what was uploaded is gone.
    pub async fn take_back(&self) -> Result<(), DeployError> {
        let text = include_str!("far/take-back.sh");
        started(self.root("the way back", text, &[], Bytes::new(), SERVICE).await?)
    }

    /// An agent that was installed from here.
    pub async fn is_installed(&self) -> Result<(), DeployError> {
        let text = include_str!("far/installed.sh");
        self.ends(self.root("the look at the agent", text, &[], Bytes::new(), QUICK).await?).map(|_| ())
    }

    pub async fn restart(&self) -> Result<(), DeployError> {
        started(self.root("the restart", include_str!("far/restart.sh"), &[], Bytes::new(), SERVICE).await?)
    }

    /// The service, its unit, the program, the agent's folder: nothing is left. Repeats at will.
    pub async fn remove(&self) -> Result<(), DeployError> {
        let text = include_str!("far/remove.sh");
        self.ends(self.root("the removal", text, &[], Bytes::new(), SERVICE).await?).map(|_| ())
    }

    /// What [`Self::prepare`] has begun, where it is not known how far it came.
    pub async fn undo(&self) -> Result<(), DeployError> {
        let text = include_str!("far/undo.sh");
        self.ends(self.root("the way back", text, &[], Bytes::new(), SERVICE).await?).map(|_| ())
    }

    /// The last lines of the service's journal, the oldest first.
    pub async fn journal(&self, lines: u32) -> Result<Vec<String>, DeployError> {
        let (text, lines) = (include_str!("far/journal.sh"), lines.to_string());
        let said = self.ends(self.root("the journal", text, &[&lines], Bytes::new(), QUICK).await?)?;
        Ok(said.stdout.lines().map(str::to_owned).collect())
    }

    async fn root(
        &self,
        what: &'static str,
        text: &'static str,
        arguments: &[&str],
        input: Bytes,
        limit: Duration,
    ) -> Result<Said, DeployError> {
        self.run(Script { what, text, arguments, input, limit, as_root: true }).await
    }

    fn ends(&self, said: Said) -> Result<Said, DeployError> {
        match said.status {
            0 => Ok(said),
            ALREADY => Err(DeployError::AlreadyInstalled),
            MISSING => Err(DeployError::NotInstalled),
            DAMAGED => Err(DeployError::Damaged { detail: said.why() }),
            DOES_NOT_RUN => Err(DeployError::DoesNotRun { detail: said.why() }),
            _ => Err(DeployError::Command { detail: said.why() }),
        }
    }

    pub(crate) fn ssh(&self) -> &Handle<Gate> {
        &self.ssh
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn privilege(&self) -> Privilege {
        self.privilege
    }

    pub(crate) fn becomes_root_by(&mut self, privilege: Privilege) {
        self.privilege = privilege;
    }

    /// What sudo reads first. Without a password it gets an empty one, and says itself that it is wrong.
    pub(crate) fn sudo_line(&self) -> Zeroizing<Vec<u8>> {
        let mut line = Zeroizing::new(Vec::with_capacity(128));
        if let Some(password) = &self.sudo_password {
            line.extend_from_slice(password.as_bytes());
        }
        line.push(b'\n');
        line
    }
}

fn started(said: Said) -> Result<(), DeployError> {
    match said.status {
        0 => Ok(()),
        MISSING => Err(DeployError::NotInstalled),
        _ => Err(DeployError::Start { detail: said.why() }),
    }
}
