//! The key by which agents know this server.

use std::sync::Arc;

use rempart_protocol::Identity;

use crate::Work;
use crate::trouble::Result;

/// The document's name among the settings.
const DOCUMENT: &str = "agents.identity";

impl Work {
    /// Made at its first use, read once.
    pub async fn agent_identity(&self) -> Result<Arc<Identity>> {
        let read = || async { Ok(Arc::new(Identity::from_seed(&*self.kept_seed(DOCUMENT).await?))) };
        self.identity.get_or_try_init(read).await.cloned()
    }
}
