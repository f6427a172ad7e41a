//! What the machine at the far end is, as far as the agent cares.

use std::time::Duration;

use bytes::Bytes;

use crate::command::Script;
use crate::{DeployError, Glibc, Host};

/// Facts of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// As its release file calls it.
    pub os: String,
    /// As the kernel calls it: `x86_64`, `aarch64`, …
    pub arch: String,
    /// None where the C library is another.
    pub glibc: Option<Glibc>,
    /// As people would read it: `glibc 2.36`, or what is known instead.
    pub libc: String,
    pub systemd: u32,
}

/// How this login becomes root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    Root,
    SudoWithoutPassword,
    SudoWithPassword,
}

const LIMIT: Duration = Duration::from_secs(30);

impl Host {
    /// Looks, and changes nothing. From then on the host knows how to become root.
    pub async fn detect(&mut self) -> Result<Machine, DeployError> {
        let script = Script {
            what: "looking at the machine",
            text: include_str!("far/detect.sh"),
            arguments: &[],
            input: Bytes::new(),
            limit: LIMIT,
            as_root: false,
        };
        let said = self.run(script).await?;
        let value = |key: &str| said.value(key).unwrap_or_default().to_owned();
        if said.status != 0 || value("arch").is_empty() {
            return Err(DeployError::Command { detail: said.why() });
        }
        if value("kernel") != "Linux" {
            return Err(DeployError::NotLinux { system: value("kernel") });
        }
        let privilege = match (value("uid").as_str(), value("sudo").as_str()) {
            ("0", _) => Privilege::Root,
            (_, "free") => Privilege::SudoWithoutPassword,
            (_, "there") => Privilege::SudoWithPassword,
            _ => return Err(DeployError::NoSudo { user: self.user().to_owned() }),
        };
        self.becomes_root_by(privilege);
        self.try_root().await?;
        let Ok(systemd) = value("systemd").parse() else { return Err(DeployError::NoSystemd) };
        let libc = value("libc");
        let glibc = libc.strip_prefix("glibc ").and_then(Glibc::parse);
        let libc = if libc.is_empty() { "none".to_owned() } else { libc };
        Ok(Machine { os: value("os"), arch: value("arch"), glibc, libc, systemd })
    }

    /// Sudo may ask for a password that is another, or not let this user in at all.
    async fn try_root(&self) -> Result<(), DeployError> {
        let script = Script {
            what: "becoming root",
            text: "id -u",
            arguments: &[],
            input: Bytes::new(),
            limit: LIMIT,
            as_root: true,
        };
        let said = self.run(script).await?;
        if said.status == 0 && said.stdout.lines().last() == Some("0") {
            return Ok(());
        }
        Err(DeployError::SudoRefused { user: self.user().to_owned(), detail: said.why() })
    }
}
