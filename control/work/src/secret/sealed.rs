//! Sealed values: AES-256-GCM, bound to the row and field that they stand in, so that none opens in another's place.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

use super::{MasterKey, SecretText};

/// Where a sealed value stands. Part of what is authenticated.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub table: &'static str,
    /// The row's own drawn name, which never changes.
    pub row: &'a str,
    pub field: &'static str,
}

impl Field<'_> {
    fn associated(self) -> Vec<u8> {
        // A byte that none of the three holds parts them.
        [self.table, self.row, self.field].join("\0").into_bytes()
    }
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error(
        "a stored secret ({table}.{field}) was sealed with master key {sealed_by}, and this server holds {ours}: put back \
         the right master.key or ENCRYPTION_SECRET"
    )]
    OtherKey { table: &'static str, field: &'static str, sealed_by: String, ours: String },
    #[error("a stored secret ({table}.{field}) is damaged or was moved from another row: give it anew")]
    Damaged { table: &'static str, field: &'static str },
}

/// What stands before every sealed value, with the version of its form.
const FORM: &str = "s1";
const NONCE_BYTES: usize = 12;

impl MasterKey {
    /// `s1.<key id>.<nonce and ciphertext, base64>`: text, for a column of the catalog.
    #[must_use]
    pub fn seal(&self, field: Field<'_>, secret: &str) -> String {
        let nonce: [u8; NONCE_BYTES] = rempart_crypto::random_bytes();
        let payload = Payload { msg: secret.as_bytes(), aad: &field.associated() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        // Only a text of 64 GiB does not fit.
        let sealed = sealed.expect("a secret is short");
        format!("{FORM}.{}.{}", self.id(), BASE64.encode([&nonce[..], &sealed].concat()))
    }

    /// The secret, where this key sealed it for this place.
    pub fn unseal(&self, field: Field<'_>, sealed: &str) -> Result<SecretText, SealError> {
        let damaged = || SealError::Damaged { table: field.table, field: field.field };
        let mut parts = sealed.splitn(3, '.');
        let (Some(FORM), Some(key), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(damaged());
        };
        if key != self.id() {
            return Err(SealError::OtherKey {
                table: field.table,
                field: field.field,
                sealed_by: key.to_owned(),
                ours: self.id().to_owned(),
            });
        }
        let bytes = BASE64.decode(text).map_err(|_| damaged())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(damaged)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| damaged())?;
        let payload = Payload { msg: sealed, aad: &field.associated() };
        let plain = self.cipher().decrypt(&Nonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| damaged())?;
        std::str::from_utf8(&plain).map(SecretText::new).map_err(|_| damaged())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(&*self.bytes).expect("the key has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Field<'static> = Field { table: "pools", row: "0011", field: "secrets" };

    fn key(secret: &str) -> MasterKey {
        MasterKey::from_secret(secret).ok().unwrap()
    }

    #[test]
    fn a_value_opens_in_its_own_place_and_nowhere_else() {
        let key = key("a secret for this test");
        let sealed = key.seal(PLACE, "hunter2 é");
        assert!(!sealed.contains("hunter2"));
        assert_eq!(key.unseal(PLACE, &sealed).ok().unwrap().expose(), "hunter2 é");
        for elsewhere in [
            Field { table: "repositories", ..PLACE },
            Field { row: "0012", ..PLACE },
            Field { field: "password", ..PLACE },
        ] {
            let error = key.unseal(elsewhere, &sealed).err().expect("it opened elsewhere");
            assert!(matches!(error, SealError::Damaged { .. }), "{elsewhere:?}: {error}");
        }
        assert_ne!(sealed, key.seal(PLACE, "hunter2 é"), "the same nonce was used twice");
    }

    #[test]
    fn another_key_is_named() {
        let (ours, other) = (key("a secret for this test"), key("another for this test"));
        let error = ours.unseal(PLACE, &other.seal(PLACE, "x")).err().expect("another key opened it");
        assert!(error.to_string().contains(other.id()) && error.to_string().contains(ours.id()), "{error}");
    }

    #[test]
    fn a_changed_value_does_not_open() {
        let key = key("a secret for this test");
        let sealed = key.seal(PLACE, "hunter2");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = key.unseal(PLACE, &changed);
            assert!(opened.is_err() || changed == sealed, "changed at {at}, it still opened");
        }
        for wrong in ["", "s1", "s1..", "s2.x.y", "plain"] {
            assert!(key.unseal(PLACE, wrong).is_err(), "{wrong:?} opened");
        }
    }
}
