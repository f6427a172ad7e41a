//! TLS: a certificate of our own making, or files that somebody else renews.

mod own;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use tokio_util::sync::CancellationToken;

use crate::settings::{Settings, Transport};
pub use own::OwnCertificateError;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate {} and its key {} cannot be used", certificate.display(), key.display())]
    Files { certificate: PathBuf, key: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Own(#[from] OwnCertificateError),
}

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What the listener needs; `None` where it speaks in the clear.
pub async fn config(settings: &Settings, stop: &CancellationToken) -> Result<Option<RustlsConfig>, TlsError> {
    // Fails when another part of the process was first: then one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &settings.transport {
        Transport::Plain(_) => Ok(None),
        Transport::OwnCertificate => {
            let (certificate, key) = own::open_or_create(&settings.tls_dir(), settings.listen.ip(), settings.address)?;
            load(&certificate, &key).await.map(Some)
        }
        Transport::Files { certificate, key } => {
            let config = load(certificate, key).await?;
            let watcher = Watcher { certificate: certificate.clone(), key: key.clone(), config: config.clone() };
            tokio::spawn(watcher.run(stop.clone()));
            Ok(Some(config))
        }
    }
}

async fn load(certificate: &Path, key: &Path) -> Result<RustlsConfig, TlsError> {
    let failed = |source| TlsError::Files { certificate: certificate.to_owned(), key: key.to_owned(), source };
    RustlsConfig::from_pem_file(certificate, key).await.map_err(failed)
}

/// Takes renewed files into use. Files that do not fit together (half renewed) are tried again at the next look; the
/// certificate in use stays.
struct Watcher {
    certificate: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Watcher {
    async fn run(self, stop: CancellationToken) {
        let this = Arc::new(self);
        let mut seen = this.times();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let found = this.times();
            if found == seen {
                continue;
            }
            match this.config.reload_from_pem_file(&this.certificate, &this.key).await {
                Ok(()) => {
                    tracing::info!(certificate = %this.certificate.display(), "the renewed certificate is in use");
                    seen = found;
                }
                Err(error) => tracing::warn!(
                    certificate = %this.certificate.display(),
                    "the changed certificate cannot be used, the one before stays: {error}"
                ),
            }
        }
    }

    fn times(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| path.metadata().and_then(|data| data.modified()).ok())
    }
}
