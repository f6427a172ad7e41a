//! Keys, sealing and hashing: the only crate that names a cipher.
//!
//! - **Owns**: the master key, key derivation from a password, authenticated encryption, SHA-256 in its fast forms.
//! - **May use**: nothing of the house.
//! - **Must not know**: packs, JSON, files, networks.
//! - **Invariants**: secrets implement neither `Debug` nor `Display` and are wiped when dropped; `open` checks the MAC
//!   before it decrypts; an all-zero IV is refused; random bytes come from the operating system.
//!
//! ```
//! use rempart_crypto::{KdfParams, MasterKey, derive_key, random_bytes, sha256, sha256_many};
//!
//! let master = MasterKey::generate();
//! let envelope = master.seal(b"a blob");
//! assert_eq!(master.open(&envelope)?, b"a blob");
//!
//! // What opens the key file that holds the master key.
//! let salt: [u8; 64] = random_bytes();
//! let user_key = derive_key(b"password", &salt, KdfParams::INSECURE_FOR_TESTS)?;
//!
//! // One message, and many together in the lanes of the vector unit.
//! let mut digests = [[0; 32]; 2];
//! sha256_many(&[b"one", b"two"], &mut digests);
//! assert_eq!(digests[0], sha256(b"one"));
//! # Ok::<(), rempart_crypto::CryptoError>(())
//! ```

mod envelope;
mod error;
mod kdf;
mod key;
mod mac;
mod random;
mod sha256;

pub use envelope::{IV_LEN_BYTES, MAC_LEN_BYTES, OVERHEAD_BYTES};
pub use error::CryptoError;
pub use kdf::{KdfParams, derive_key};
pub use key::{MasterKey, MasterKeyParts};
pub use random::random_bytes;
pub use sha256::{Sha256Stream, sha256, sha256_lanes, sha256_many};
