//! Keys, sealing and hashing: the only crate that names a cipher.
//!
//! - **Owns**: the master key, key derivation from a password, authenticated encryption, SHA-256 in its fast forms.
//! - **May use**: `model`.
//! - **Must not know**: packs, JSON, files, networks.
//! - **Invariants**: secrets implement neither `Debug` nor `Display` and are wiped when dropped; `open` checks the MAC
//!   before it decrypts; an all-zero IV is refused; random bytes come from the operating system.
#![allow(dead_code, unused_variables, clippy::todo)] // SEAM: signatures first; the bodies follow

pub const IV_LEN_BYTES: usize = 16;
pub const MAC_LEN_BYTES: usize = 16;
/// What sealing adds to a plaintext: the IV before it and the MAC behind it.
pub const OVERHEAD_BYTES: usize = IV_LEN_BYTES + MAC_LEN_BYTES;

#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    #[error("the data is {len_bytes} bytes long, too short to hold an IV and a MAC")]
    TooShort { len_bytes: usize },
    #[error("the authentication code does not match: wrong key, or damaged data")]
    BadMac,
    #[error("the initialisation vector is all zeros, which no writer produces")]
    NullIv,
    #[error("scrypt parameters N={n} r={r} p={p} are refused: {reason}")]
    KdfParameters { n: u64, r: u32, p: u32, reason: &'static str },
}

/// The key that seals every blob and file of one repository: AES-256 key, and the Poly1305-AES pair k (AES-128) and r.
#[derive(Clone)]
pub struct MasterKey { /* private */ }

/// The parts of a [`MasterKey`] as key files hold them.
pub struct MasterKeyParts { pub encrypt: [u8; 32], pub mac_k: [u8; 16], pub mac_r: [u8; 16] }

impl MasterKey {
    pub fn generate() -> Self { todo!() }
    pub fn from_parts(parts: MasterKeyParts) -> Self { todo!() }
    pub fn to_parts(&self) -> MasterKeyParts { todo!() }
    /// Appends `IV ‖ ciphertext ‖ MAC` of `plaintext` to `out` under a fresh random IV. Fused CTR + MAC over L1-sized
    /// blocks, reading `plaintext` once.
    pub fn seal_into(&self, plaintext: &[u8], out: &mut Vec<u8>) { todo!() }
    pub fn seal(&self, plaintext: &[u8]) -> Vec<u8> { todo!() }
    /// Checks the MAC, then decrypts into `out` (cleared first). `out` is left empty on error.
    pub fn open_into(&self, envelope: &[u8], out: &mut Vec<u8>) -> Result<(), CryptoError> { todo!() }
    pub fn open(&self, envelope: &[u8]) -> Result<Vec<u8>, CryptoError> { todo!() }
}

/// scrypt's cost. `calibrate` is restic's: about 500 ms and 60 MiB at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfParams { pub n: u64, pub r: u32, pub p: u32 }

impl KdfParams {
    /// N = 32768, r = 8, p = 5: what restic chooses on current machines.
    pub const DEFAULT: Self = Self { n: 32768, r: 8, p: 5 };
    /// The cheapest allowed, for tests only.
    pub const INSECURE_FOR_TESTS: Self = Self { n: 2, r: 1, p: 1 };
}

/// The key that a password and a salt give: it opens the key file, which holds the [`MasterKey`].
/// Any N (a power of two), r, p are accepted while 128·N·r stays under 1 GiB (memory) and the work under a bound.
pub fn derive_key(password: &[u8], salt: &[u8], params: KdfParams) -> Result<MasterKey, CryptoError> { todo!() }

pub fn random_bytes<const N: usize>() -> [u8; N] { todo!() }

/// SHA-256 of one message, by the fastest single stream this core has.
pub fn sha256(message: &[u8]) -> [u8; 32] { todo!() }

/// SHA-256 of many messages at once: interleaved over SIMD lanes (16 with AVX-512, 8 with AVX2) where that beats one
/// stream, one after the other where the core has SHA-NI or there are too few messages. Chosen at run time.
/// `digests` is filled in the order of `messages`; both have the same length.
pub fn sha256_many(messages: &[&[u8]], digests: &mut [[u8; 32]]) { todo!() }

/// How many streams advance together at best on this core: 1 where one stream is as fast as many.
pub fn sha256_lanes() -> usize { todo!() }

/// A SHA-256 in progress.
#[derive(Clone)]
pub struct Sha256Stream { /* private */ }

impl Sha256Stream {
    pub fn new() -> Self { todo!() }
    pub fn update(&mut self, data: &[u8]) { todo!() }
    /// Advances many streams together, each by its own data; the lengths may differ.
    pub fn update_many(streams: &mut [(&mut Sha256Stream, &[u8])]) { todo!() }
    pub fn finish(self) -> [u8; 32] { todo!() }
}
