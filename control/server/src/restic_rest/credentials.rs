//! Passwords of clients: made here, never chosen by people.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rempart_model::{Id, RepoId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::answer::Refusal;
use super::registry::Client;
use super::{Inner, Shared};

/// A new password, in the clear: shown once, never stored.
pub struct ClientPassword(Zeroizing<String>);

impl ClientPassword {
    /// 256 random bits, in letters that need no escaping in an address.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random)?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*random))))
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn hash(&self) -> PasswordHash {
        PasswordHash::of(self.0.as_bytes())
    }
}

/// SHA-256 of a password. A slow hash protects passwords that can be guessed; nobody guesses 256 random bits, and the hash
/// is computed for each of the thousands of requests of a backup.
#[derive(Clone, Copy)]
pub struct PasswordHash([u8; 32]);

impl PasswordHash {
    fn of(password: &[u8]) -> Self {
        Self(Sha256::digest(password).into())
    }

    /// As the catalog keeps it: 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        Id::new(self.0).to_string()
    }

    /// Reads what the catalog keeps. `None`: that is no hash of ours.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Id::from_hex(text.as_bytes()).ok().map(|id| Self(*id.as_bytes()))
    }

    /// Takes the same time wherever the two differ.
    #[must_use]
    pub fn accepts(&self, password: &[u8]) -> bool {
        self.0.ct_eq(&Self::of(password).0).into()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// User and password of a request.
struct Basic {
    user: String,
    password: Zeroizing<Vec<u8>>,
}

fn basic(headers: &HeaderMap) -> Option<Basic> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let user = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    Some(Basic { user, password: Zeroizing::new(decoded[colon + 1..].to_vec()) })
}

/// A request that was let in.
pub(super) struct Admitted {
    pub repository: RepoId,
    pub client: Client,
}

impl Shared {
    /// Lets a request in, or answers 401 without telling what is wrong.
    pub(super) async fn admit(&self, repository: &str, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        let inner: &Inner = self;
        let basic = basic(headers).ok_or(Refusal::Unauthorized)?;
        let repository: i64 = repository.parse().map_err(|_| Refusal::Unauthorized)?;
        let repository = RepoId::new(repository);
        let known = inner.registry.client(repository, &basic.user).await?;
        let client = match known {
            Some(client) if client.password.accepts(&basic.password) => client,
            Some(client) => {
                tracing::warn!(client = %client.id, %repository, "a restic client sent a wrong password");
                return Err(Refusal::Unauthorized);
            }
            None => {
                // As long as for a name that is known.
                let _ = PasswordHash([0; 32]).accepts(&basic.password);
                return Err(Refusal::Unauthorized);
            }
        };
        inner.registry.client_was_here(client.id);
        Ok(Admitted { repository, client })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        headers
    }

    #[test]
    fn a_password_is_accepted_by_its_own_hash_alone() {
        let (one, other) = (ClientPassword::generate().unwrap(), ClientPassword::generate().unwrap());
        assert!(one.hash().accepts(one.expose().as_bytes()));
        assert!(!one.hash().accepts(other.expose().as_bytes()));
        assert!(!one.hash().accepts(b""));
        assert_eq!(one.expose().len(), 43, "256 bits in base64");
        let stored = PasswordHash::from_hex(&one.hash().to_hex()).unwrap();
        assert!(stored.accepts(one.expose().as_bytes()));
        assert!(PasswordHash::from_hex("$argon2id$…").is_none());
        assert!(!format!("{:?}", one.hash()).contains(char::is_numeric));
    }

    #[test]
    fn user_and_password_are_read_from_the_header_and_a_password_may_hold_a_colon() {
        let encoded = STANDARD.encode("backup:a:b");
        let basic = basic(&headers(&format!("Basic {encoded}"))).unwrap();
        assert_eq!((basic.user.as_str(), basic.password.as_slice()), ("backup", b"a:b".as_slice()));
        for wrong in ["", "Basic", "Basic !!", "Bearer abc", &format!("Basic {}", STANDARD.encode("nocolon"))] {
            assert!(super::basic(&headers(wrong)).is_none(), "{wrong:?}");
        }
    }
}
