//! Whose certificates are trusted. The server proves its key besides, in the handshake; but what is said after it is only as
//! private as TLS makes it, so a certificate that nobody vouches for is not taken.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context as _;
use rempart_crypto::sha256;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde::{Deserialize, Serialize};

/// Which certificates of the server are good.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// Those that the system trusts.
    #[default]
    System,
    /// Those too that a file of PEM certificates vouches for.
    File(PathBuf),
    /// This one and no other, whatever name and dates it bears.
    Only(Fingerprint),
}

/// SHA-256 of a certificate. Text: 64 hexadecimal digits, with or without colons between the bytes, as openssl prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl FromStr for Fingerprint {
    type Err = rempart_model::ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.replace(':', "").to_ascii_lowercase();
        digits.parse::<rempart_model::Id>().map(|id| Self(*id.as_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rempart_model::Id::new(self.0).fmt(f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

pub fn config(trust: &Trust) -> anyhow::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .context("TLS cannot be set up")?;
    let builder = match trust {
        Trust::System => builder.with_root_certificates(system()),
        Trust::File(file) => {
            let mut roots = system();
            let told = || format!("cannot read certificates from {}: it must hold PEM", file.display());
            let before = roots.len();
            for certificate in CertificateDer::pem_file_iter(file).with_context(told)? {
                roots.add(certificate.with_context(told)?).with_context(told)?;
            }
            anyhow::ensure!(roots.len() > before, "{} holds no certificate", file.display());
            builder.with_root_certificates(roots)
        }
        Trust::Only(fingerprint) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Only { fingerprint: *fingerprint, provider }))
        }
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

/// A file that cannot be read is no reason to trust less than the others say.
fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Takes one certificate, and checks that the server holds its key.
#[derive(Debug)]
struct Only {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if sha256(end_entity) == self.fingerprint.0 {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    /// Whether a client that trusts so reads what a server with a certificate of its own says.
    async fn reaches(own: &CertifiedKey<rcgen::KeyPair>, trust: &Trust) -> bool {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let (near, far) = tokio::io::duplex(16 << 10);
        let serve = async move {
            let Ok(mut stream) = TlsAcceptor::from(Arc::new(server)).accept(far).await else { return };
            let _ = stream.write_all(b"hello").await;
            let _ = stream.shutdown().await;
        };
        let ask = async {
            let name = ServerName::try_from("backup.example.org").unwrap();
            let mut stream = TlsConnector::from(config(trust).unwrap()).connect(name, near).await.ok()?;
            let mut said = [0; 5];
            stream.read_exact(&mut said).await.ok()?;
            (&said == b"hello").then_some(())
        };
        tokio::join!(serve, ask).1.is_some()
    }

    #[tokio::test]
    async fn a_server_with_its_own_certificate_is_reached_by_who_was_told_which() {
        let made = || generate_simple_self_signed(["backup.example.org".to_owned()]).unwrap();
        let (own, other) = (made(), made());
        let of = |key: &CertifiedKey<rcgen::KeyPair>| Trust::Only(Fingerprint(sha256(key.cert.der())));
        assert!(reaches(&own, &of(&own)).await);
        assert!(!reaches(&own, &of(&other)).await, "another certificate than the one it was told");
        assert!(!reaches(&own, &Trust::System).await, "nobody vouches for it");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), own.cert.pem()).unwrap();
        assert!(reaches(&own, &Trust::File(file.path().to_owned())).await);
        assert!(!reaches(&other, &Trust::File(file.path().to_owned())).await);
        std::fs::write(file.path(), "no certificate").unwrap();
        assert!(config(&Trust::File(file.path().to_owned())).is_err());
    }

    #[test]
    fn a_fingerprint_is_read_as_openssl_prints_it() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(plain.parse::<Fingerprint>(), colons.parse());
        assert_eq!(plain.parse::<Fingerprint>().unwrap().to_string(), plain);
        assert!("ab:cd".parse::<Fingerprint>().is_err());
    }
}
