//! The server's own SSH key: machines that hold its public half let it in without a password.

use rempart_deploy::OwnKey;

use crate::Work;
use crate::trouble::Result;

/// The document's name among the settings.
const DOCUMENT: &str = "agents.ssh_key";

impl Work {
    /// Made at its first use, kept sealed.
    pub async fn own_ssh_key(&self) -> Result<OwnKey> {
        let seed = self.kept_seed(DOCUMENT).await?;
        Ok(OwnKey::from_seed(&seed, &format!("rempart@{}", self.machine.host_name))?)
    }
}
