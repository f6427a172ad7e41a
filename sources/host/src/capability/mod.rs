//! What can be done on this machine: programs that are there, folders of which an atomic snapshot can be made.

mod tool;
mod volume;

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
}

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

impl Capabilities {
    /// Runs a dozen programs for their versions: takes a second or two, and at worst their time-outs.
    pub fn read() -> Result<Self> {
        Ok(Self { tools: TOOLS.iter().filter_map(tool::look).collect(), volumes: volume::volumes()? })
    }
}
