//! The key by which agents know this server: made once, kept sealed in the catalog, the same for all its processes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rempart_catalog::{CatalogError, CatalogErrorKind};
use rempart_protocol::Identity;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Work;
use crate::secret::Field;
use crate::trouble::{Result, Trouble, table};

/// The document's name among the settings.
const DOCUMENT: &str = "agents.identity";
const PLACE: Field<'static> = Field { table: "settings", row: DOCUMENT, field: "seed" };

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// Base64 of the seed, sealed by the master key.
    seed: String,
}

impl Work {
    /// Read at its first use.
    pub async fn agent_identity(&self) -> Result<Arc<Identity>> {
        self.identity.get_or_try_init(|| self.read_identity()).await.cloned()
    }

    async fn read_identity(&self) -> Result<Arc<Identity>> {
        loop {
            let kept = self.catalog.settings::<Kept>(DOCUMENT).await?;
            if kept.version > 0 {
                let text = self.key.unseal(PLACE, &kept.value.seed)?;
                let damaged =
                    || Trouble::new(&table::INTERNAL).with("detail", "the server's key for agents is damaged");
                let bytes = Zeroizing::new(BASE64.decode(text.expose()).map_err(|_| damaged())?);
                let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| damaged())?);
                return Ok(Arc::new(Identity::from_seed(&seed)));
            }
            let fresh = Identity::generate();
            let text = Zeroizing::new(BASE64.encode(fresh.seed().as_slice()));
            let mut tx = self.catalog.begin().await?;
            let written =
                tx.put_settings(DOCUMENT, 0, &Kept { seed: self.key.seal(PLACE, &text) }, Timestamp::now()).await;
            match written {
                Ok(_) => {
                    tx.commit().await?;
                    return Ok(Arc::new(fresh));
                }
                // Another process was first: its key is ours.
                Err(error) if error.kind() == CatalogErrorKind::Stale => drop::<CatalogError>(error),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
