//! Which machine it is that answers: its key, as OpenSSH shows it.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client;
use russh::keys::{Algorithm, HashAlg, PublicKey, PublicKeyOrCertificate};
use serde::{Deserialize, Serialize};

use crate::connect::{Address, broken, reach};
use crate::{DeployError, connect};

/// A host's key, by which it is known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostKey {
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …
    pub kind: String,
}

impl HostKey {
    pub(crate) fn of(key: &PublicKey) -> Self {
        Self { fingerprint: key.fingerprint(HashAlg::Sha256).to_string(), kind: key.algorithm().to_string() }
    }

    /// Kinds of keys in the order to ask for: the known one first, else the host might show another that nobody can judge.
    pub(crate) fn preferred(&self, all: &[Algorithm]) -> Vec<Algorithm> {
        let is_known = |algorithm: &Algorithm| match algorithm {
            // One kind of key, several kinds of signature.
            Algorithm::Rsa { .. } => self.kind == "ssh-rsa",
            other => self.kind == other.to_string(),
        };
        let (mut known, others): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_known);
        known.extend(others);
        known
    }
}

/// Remembers the key that it is shown, and goes on only where that is the expected one.
pub(crate) struct Gate {
    pub expected: Option<HostKey>,
    pub shown: Arc<Mutex<Option<HostKey>>>,
}

impl client::Handler for Gate {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        // A certificate is not asked for, so a host that shows one does not follow the protocol.
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let shown = HostKey::of(key);
        let is_expected = self.expected.as_ref().is_some_and(|expected| expected.fingerprint == shown.fingerprint);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Ok(is_expected)
    }
}

/// The key that a host shows; nothing else is said to it.
pub async fn host_key(address: &Address) -> Result<HostKey, DeployError> {
    let tcp = reach(address).await?;
    let shown = Arc::new(Mutex::new(None));
    let gate = Gate { expected: None, shown: Arc::clone(&shown) };
    let handshake = connect::within("the greeting of SSH", connect::ANSWER, async {
        Ok(client::connect_stream(Arc::new(client::Config::default()), tcp, gate).await)
    });
    let ended = handshake.await?;
    let seen = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (seen, ended) {
        (Some(key), _) => Ok(key),
        (None, Err(error)) => Err(DeployError::Unreachable { address: address.to_string(), detail: error.to_string() }),
        (None, Ok(_)) => Err(broken(&russh::Error::Disconnect)),
    }
}
