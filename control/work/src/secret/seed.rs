//! Seeds of the server's own keys: each made once, kept sealed in the catalog, the same for all its processes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rempart_catalog::CatalogErrorKind;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Field;
use crate::Work;
use crate::trouble::{Result, Trouble, table};

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// Base64 of the seed, sealed by the master key.
    seed: String,
}

impl Work {
    /// The seed that the settings' document of this name keeps; a new one where there is none.
    pub(crate) async fn kept_seed(&self, document: &'static str) -> Result<Zeroizing<[u8; 32]>> {
        let place = Field { table: "settings", row: document, field: "seed" };
        loop {
            let kept = self.catalog.settings::<Kept>(document).await?;
            if kept.version > 0 {
                let text = self.key.unseal(place, &kept.value.seed)?;
                let damaged =
                    || Trouble::new(&table::INTERNAL).with("detail", format!("the kept key {document} is damaged"));
                let bytes = Zeroizing::new(BASE64.decode(text.expose()).map_err(|_| damaged())?);
                return <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| damaged());
            }
            let fresh = Zeroizing::new(rempart_crypto::random_bytes::<32>());
            let text = Zeroizing::new(BASE64.encode(fresh.as_slice()));
            let mut tx = self.catalog.begin().await?;
            let sealed = Kept { seed: self.key.seal(place, &text) };
            match tx.put_settings(document, 0, &sealed, Timestamp::now()).await {
                Ok(_) => {
                    tx.commit().await?;
                    return Ok(fresh);
                }
                // Another process was first: its key is ours.
                Err(error) if error.kind() == CatalogErrorKind::Stale => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
