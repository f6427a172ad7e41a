//! What can be done on this machine: programs that are there, databases, Docker, folders of which an atomic snapshot can be
//! made.
//!
//! Looking changes nothing and hangs on nothing: files are read, programs run for seconds at most, sockets are asked with a
//! time limit. No password is guessed: only those are tried that the machine keeps for its own administrator.

mod container;
pub mod database;
mod docker;
mod http;
mod process;
mod tool;
mod volume;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use database::{Access, Attempt, Database, DatabaseKind, Method, Outcome};
pub use docker::{
    Docker, DockerContainer, DockerNetwork, DockerPort, DockerProject, DockerVolume, look_at as docker_at,
};
pub use tool::{TOOLS, Tool, ToolSpec};
pub use volume::{Ability, Volume, ability_of};

use crate::error::Result;

/// Looked at on demand; the caller keeps it with its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// Those of [`TOOLS`] that are there.
    pub tools: Vec<Tool>,
    pub volumes: Vec<Volume>,
    /// Those that run, and those whose files lie where their packages put them. An older agent knows none.
    #[serde(default)]
    pub databases: Vec<Database>,
    #[serde(default)]
    pub docker: Option<Docker>,
}

/// How long a program may take to say its version, or a socket to answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Capabilities {
    /// Runs a dozen programs for their versions and asks each database: takes a few seconds, and at worst their time-outs.
    pub fn read() -> Result<Self> {
        Self::read_beside(docker::look())
    }

    /// With an engine that was asked already, wherever its socket lies.
    pub fn read_beside(docker: Option<Docker>) -> Result<Self> {
        let tools = TOOLS.iter().filter_map(tool::look).collect();
        let abilities = volume::Abilities::read()?;
        let databases = database::databases(&abilities, docker.as_ref());
        Ok(Self { tools, volumes: abilities.volumes(), databases, docker })
    }
}
