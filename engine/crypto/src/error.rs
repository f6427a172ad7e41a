//! What can go wrong with keys and envelopes.

/// Why an envelope was not opened, or a key not derived.
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
