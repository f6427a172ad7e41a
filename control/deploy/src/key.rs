//! Private keys: those that people give, and the server's own.

use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{HashAlg, PrivateKey, decode_secret_key};
use zeroize::Zeroizing;

use crate::DeployError;

/// Ed25519, in OpenSSH's form.
pub struct OwnKey {
    pub private: Zeroizing<String>,
    /// One line for `authorized_keys`.
    pub public: String,
    pub fingerprint: String,
}

impl OwnKey {
    /// `comment` tells people whose it is.
    pub fn from_seed(seed: &[u8; 32], comment: &str) -> Result<Self, DeployError> {
        let failed = |error: russh::keys::ssh_key::Error| DeployError::Key { detail: error.to_string() };
        let pair = KeypairData::from(Ed25519Keypair::from_seed(seed));
        let key = PrivateKey::new(pair, comment).map_err(failed)?;
        Ok(Self {
            private: key.to_openssh(LineEnding::LF).map_err(failed)?,
            public: key.public_key().to_openssh().map_err(failed)?,
            fingerprint: key.public_key().fingerprint(HashAlg::Sha256).to_string(),
        })
    }
}

/// Whether a private key can be used, before anybody waits for it.
pub fn readable(text: &str, passphrase: Option<&str>) -> Result<(), DeployError> {
    decode(text, passphrase).map(|_| ())
}

/// In the forms of OpenSSH, PKCS#1, PKCS#8 and PuTTY.
pub(crate) fn decode(text: &str, passphrase: Option<&str>) -> Result<PrivateKey, DeployError> {
    use russh::keys::Error;
    // A form field loses the last line's end, which the format wants.
    let text = Zeroizing::new(format!("{}\n", text.trim()));
    // A key that is not encrypted does not mind a passphrase.
    match decode_secret_key(&text, passphrase).or_else(|_| decode_secret_key(&text, None)) {
        Ok(key) => Ok(key),
        Err(Error::KeyIsEncrypted) => Err(DeployError::KeyLocked),
        Err(error) => Err(DeployError::Key { detail: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_key_is_the_same_for_a_seed_and_can_be_read_back() {
        let one = OwnKey::from_seed(&[7; 32], "rempart@backup").unwrap();
        let again = OwnKey::from_seed(&[7; 32], "rempart@backup").unwrap();
        assert_eq!((&one.public, &one.fingerprint), (&again.public, &again.fingerprint));
        assert_ne!(one.public, OwnKey::from_seed(&[8; 32], "rempart@backup").unwrap().public);
        assert!(one.public.starts_with("ssh-ed25519 ") && one.public.ends_with(" rempart@backup"), "{}", one.public);
        let read = decode(&one.private, None).unwrap();
        assert_eq!(read.public_key().fingerprint(HashAlg::Sha256).to_string(), one.fingerprint);
        // As a form sends it.
        readable(one.private.trim(), Some("not needed")).unwrap();
        for wrong in ["", "hunter2", &one.public] {
            assert!(matches!(readable(wrong, None), Err(DeployError::Key { .. })), "{wrong:?}");
        }
    }
}
