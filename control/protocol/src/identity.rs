//! Keys that agents and servers prove themselves with: Ed25519 (RFC 8032), strictly verified.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::refusal::{Refusal, RefusalCode, Result};
use crate::text::fixed;

/// A key pair. The private half is wiped when dropped and is never printed.
pub struct Identity {
    signing: SigningKey,
    public: PublicKey,
}

/// The public half: the name by which a server knows an agent, and an agent its server. Base64 in messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(#[serde(with = "fixed")] pub [u8; 32]);

/// A signature under an [`Identity`].
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signature(#[serde(with = "fixed")] pub [u8; 64]);

impl Identity {
    /// A new pair from the operating system's random numbers.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_seed(&Zeroizing::new(random::<32>()))
    }

    /// The pair of a stored seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let public = PublicKey(signing.verifying_key().to_bytes());
        Self { signing, public }
    }

    /// What to store, in a file of mode 0600 or sealed.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes())
    }

    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.signing.sign(message).to_bytes())
    }
}

impl PublicKey {
    /// Refuses keys and signatures of low order, under which one signature fits many messages.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<()> {
        let refused = || Refusal::new(RefusalCode::BadSignature, format!("key {self}"));
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| refused())?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_| refused())
    }

    /// Reads what [`fmt::Display`] writes: for the pin in an install command.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        fixed::parse(text).map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base64::Engine as _;
        f.pad(&base64::engine::general_purpose::STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self:.8})")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature")
    }
}

/// Bytes from the operating system.
///
/// # Panics
/// Where the operating system has none: nothing here is safe without.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let seed = *b"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8\xa6\xfb";
        let identity = Identity::from_seed(&seed);
        assert_eq!(identity.public().0[..4], [0x3d, 0x40, 0x17, 0xc3]);
        let signature = identity.sign(&[0x72]);
        assert_eq!(signature.0[..4], [0x92, 0xa0, 0x09, 0xa9]);
        assert_eq!(identity.public().verify(&[0x72], &signature), Ok(()));
        assert_eq!(identity.public().verify(&[0x73], &signature).map_err(|r| r.code), Err(RefusalCode::BadSignature));
        assert_eq!(*identity.seed(), seed);
    }

    #[test]
    fn a_key_of_low_order_verifies_nothing() {
        // The neutral element: under it the all-zero signature would fit every message.
        let neutral = PublicKey(std::array::from_fn(|i| u8::from(i == 0)));
        let zero = Signature(std::array::from_fn(|i| u8::from(i == 0)));
        assert!(neutral.verify(b"anything", &zero).is_err());
    }

    #[test]
    fn a_pin_reads_what_it_prints_and_nothing_else() {
        let key = Identity::generate().public();
        assert_eq!(PublicKey::parse(&key.to_string()), Some(key));
        for wrong in ["", "AAAA", &"A".repeat(44), &format!("{key}="), &"é".repeat(22)] {
            assert!(PublicKey::parse(wrong).is_none_or(|read| read.to_string() == wrong), "{wrong}");
        }
    }
}
