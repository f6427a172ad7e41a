//! This machine, as the server that is always there.

use jiff::Timestamp;
use rempart_catalog::LocalServer;
use rempart_model::ServerId;

use crate::Work;
use crate::trouble::Result;

/// What this machine is called, and what it runs.
#[derive(Debug, Clone)]
pub struct LocalMachine {
    pub host_name: String,
    pub os: Option<String>,
    pub address: Option<String>,
}

impl LocalMachine {
    /// Asks the kernel and `/etc/os-release`.
    #[must_use]
    pub fn detect() -> Self {
        let uname = rustix::system::uname();
        let host_name = String::from_utf8_lossy(uname.nodename().to_bytes()).into_owned();
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        let os = release
            .lines()
            .find_map(|line| line.strip_prefix("PRETTY_NAME="))
            .map(|name| name.trim_matches('"').to_owned())
            .or_else(|| Some(String::from_utf8_lossy(uname.sysname().to_bytes()).into_owned()));
        let host_name = if host_name.is_empty() { "localhost".to_owned() } else { host_name };
        Self { host_name, os, address: None }
    }
}

impl Work {
    /// Registers this machine, and settles what a process that died had begun. Before anything else at a start.
    pub async fn start(&self) -> Result<ServerId> {
        let local = LocalServer {
            name: self.machine.host_name.clone(),
            address: self.machine.address.clone(),
            os: self.machine.os.clone(),
            host_name: self.machine.host_name.clone(),
        };
        let mut tx = self.catalog.begin().await?;
        let id = tx.register_local_server(&local, Timestamp::now()).await?;
        tx.commit().await?;
        self.settle_unfinished_repositories().await?;
        Ok(id)
    }
}
