//! TLS: a certificate of our own making, or files that somebody else renews.

mod own;

use std::path::{Path, PathBuf};
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

/// The SHA-256 of the certificate of our own making, in hexadecimal digits: agents pin it, where browsers ask. `None` where
/// others vouch for the server.
#[must_use]
pub fn own_fingerprint(settings: &Settings) -> Option<String> {
    match settings.transport {
        Transport::OwnCertificate => own::fingerprint(&settings.tls_dir()),
        Transport::Plain(_) | Transport::Files { .. } => None,
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
        let mut seen = self.times();
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            seen = self.look(seen).await;
        }
    }

    /// Takes changed files into use; the times of those that are.
    async fn look(&self, seen: Times) -> Times {
        let found = self.times();
        if found == seen {
            return seen;
        }
        match self.config.reload_from_pem_file(&self.certificate, &self.key).await {
            Ok(()) => {
                tracing::info!(certificate = %self.certificate.display(), "the renewed certificate is in use");
                found
            }
            Err(error) => {
                tracing::warn!(
                    certificate = %self.certificate.display(),
                    "the changed certificate cannot be used, the one before stays: {error}"
                );
                seen
            }
        }
    }

    fn times(&self) -> Times {
        [&self.certificate, &self.key].map(|path| path.metadata().and_then(|data| data.modified()).ok())
    }
}

/// Of the certificate and its key.
type Times = [Option<SystemTime>; 2];

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn write(folder: &Path) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("c.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("k.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    #[tokio::test]
    async fn renewed_files_come_into_use_and_half_renewed_ones_do_not() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let config = load(&certificate, &key).await.unwrap();
        let watcher = Watcher { certificate: certificate.clone(), key, config: config.clone() };
        // A time that no file has: as if they had been seen before they were written.
        let never: Times = [None, None];
        let first = config.get_inner();
        std::fs::write(&certificate, "half written").unwrap();
        assert_eq!(watcher.look(never).await, never, "tried again at the next look");
        assert!(Arc::ptr_eq(&first, &config.get_inner()), "a broken certificate came into use");
        write(folder.path());
        let seen = watcher.look(never).await;
        assert!(!Arc::ptr_eq(&first, &config.get_inner()), "the renewed certificate is not in use");
        let second = config.get_inner();
        watcher.look(seen).await;
        assert!(Arc::ptr_eq(&second, &config.get_inner()), "unchanged files were read again");
    }
}
