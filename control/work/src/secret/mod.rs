//! Secrets at rest: the server's master key, and what it seals.

mod master_key;
mod sealed;
mod seed;

pub use master_key::{MasterKey, MasterKeyError};
pub use sealed::{Field, SealError};

use zeroize::Zeroizing;

/// A secret text in memory: wiped when dropped, shown by nothing.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Letters and digits that nobody mistakes for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// 256 random bits as 52 letters in groups of four, for a person to type once on a bad day.
#[must_use]
pub fn generate_password() -> SecretText {
    let mut text = Zeroizing::new(String::with_capacity(64));
    // Five bits a letter: 52 letters carry 260 bits, of which 256 and a few more are random.
    let random = Zeroizing::new(rempart_crypto::random_bytes::<52>());
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(byte & 31)]));
    }
    SecretText(text)
}

/// A short code that proves that a page was read: six letters.
#[must_use]
pub fn generate_code() -> String {
    rempart_crypto::random_bytes::<6>().iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// A name for a row that sealed values are bound to.
#[must_use]
pub fn generate_uid() -> String {
    rempart_crypto::random_bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_has_256_bits_and_is_never_the_same() {
        let (one, other) = (generate_password(), generate_password());
        let letters = one.expose().bytes().filter(|byte| *byte != b'-').count();
        assert!(letters * 5 >= 256, "{letters} letters of five bits each");
        assert!(one.expose() != other.expose());
        let distinct: std::collections::BTreeSet<u8> = ALPHABET.iter().copied().collect();
        assert_eq!(distinct.len(), 32, "a letter stands twice in the alphabet");
    }
}
