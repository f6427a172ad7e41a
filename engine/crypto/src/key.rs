//! The master key and its expanded schedules.

use aes::Aes256;
use aes::cipher::KeyInit;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::CryptoError;
use crate::mac::MacKey;
use crate::{envelope, random};

/// The key that seals every blob and file of one repository: AES-256 key, and the Poly1305-AES pair k (AES-128) and r.
///
/// Holds the expanded key schedules and the powers of r, so that a small blob costs no preparation.
#[derive(Clone)]
pub struct MasterKey {
    parts: MasterKeyParts,
    pub(crate) encrypt: Aes256,
    pub(crate) mac: MacKey,
}

/// The parts of a [`MasterKey`] as key files hold them.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKeyParts {
    pub encrypt: [u8; 32],
    pub mac_k: [u8; 16],
    pub mac_r: [u8; 16],
}

impl MasterKey {
    /// Draws a new key at random.
    #[must_use]
    pub fn generate() -> Self {
        let mut parts = MasterKeyParts { encrypt: [0; 32], mac_k: [0; 16], mac_r: [0; 16] };
        random::fill(&mut parts.encrypt);
        random::fill(&mut parts.mac_k);
        random::fill(&mut parts.mac_r);
        Self::from_parts(parts)
    }

    #[must_use]
    pub fn from_parts(parts: MasterKeyParts) -> Self {
        let encrypt = Aes256::new(&parts.encrypt.into());
        let mac = MacKey::new(&parts.mac_k, &parts.mac_r);
        Self { parts, encrypt, mac }
    }

    #[must_use]
    pub fn to_parts(&self) -> MasterKeyParts {
        self.parts.clone()
    }

    /// Appends `IV ‖ ciphertext ‖ MAC` of `plaintext` to `out` under a fresh random IV.
    pub fn seal_into(&self, plaintext: &[u8], out: &mut Vec<u8>) {
        envelope::seal_into(self, plaintext, out);
    }

    /// [`MasterKey::seal_into`] a new buffer.
    #[must_use]
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(plaintext.len() + envelope::OVERHEAD_BYTES);
        self.seal_into(plaintext, &mut out);
        out
    }

    /// Checks the MAC, then decrypts into `out` (cleared first). `out` is left empty on error.
    pub fn open_into(&self, envelope: &[u8], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        out.clear();
        self.open_behind(envelope, out)
    }

    /// Checks the MAC, then appends the plaintext to `out`, which is unchanged on error.
    pub fn open_behind(&self, envelope: &[u8], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        envelope::open_into(self, envelope, out)
    }

    /// Checks the MAC, then decrypts where the envelope lies, and returns the plaintext: for what is too long to be held
    /// twice. A refused envelope is left as it was.
    pub fn open_in_place<'e>(&self, envelope: &'e mut [u8]) -> Result<&'e mut [u8], CryptoError> {
        envelope::open_in_place(self, envelope)
    }

    /// Checks the MAC and nothing more: for envelopes that are moved as they are.
    pub fn verify(&self, envelope: &[u8]) -> Result<(), CryptoError> {
        envelope::verified(self, envelope).map(drop)
    }

    /// [`MasterKey::open_into`] a new buffer.
    pub fn open(&self, envelope: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut out = Vec::new();
        self.open_into(envelope, &mut out)?;
        Ok(out)
    }
}
