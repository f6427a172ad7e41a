//! Enrolment: a one-time token lets an unknown key become that of an agent, once, for a while.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use crate::identity::{PublicKey, random};
use crate::refusal::{Refusal, RefusalCode, Result};

/// What the token in an install command begins with, so that a leaked one is recognised.
const PREFIX: &str = "rpe_";

/// A one-time secret of 256 bits. The server shows it once and keeps its [`TokenHash`].
#[derive(Clone, ZeroizeOnDrop)]
pub struct EnrolmentToken([u8; 32]);

/// SHA-256 of a token: enough to recognise it, useless to present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(#[serde(with = "crate::text::fixed")] pub [u8; 32]);

/// What a server knows of a token it gave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    pub hash: TokenHash,
    pub expires_at: Timestamp,
    /// The agent that came with it.
    pub used_by: Option<PublicKey>,
}

impl EnrolmentToken {
    #[must_use]
    pub fn generate() -> Self {
        Self(random())
    }

    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }

    /// For the install command, where it is shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl Enrolment {
    /// Whether a key may enrol with this token now. The same key may come again: the answer to its first coming may have
    /// been lost. The caller must store `used_by` in the same transaction in which it read it.
    pub fn admit(&self, token: &EnrolmentToken, key: &PublicKey, now: Timestamp) -> Result<()> {
        if !bool::from(self.hash.0.ct_eq(&token.hash().0)) {
            return Err(Refusal::new(RefusalCode::TokenUnknown, ""));
        }
        match self.used_by {
            Some(used_by) if used_by == *key => Ok(()),
            Some(_) => Err(Refusal::new(RefusalCode::TokenUsed, "")),
            None if now >= self.expires_at => {
                Err(Refusal::new(RefusalCode::TokenExpired, format!("it was good until {}", self.expires_at)))
            }
            None => Ok(()),
        }
    }
}

impl FromStr for EnrolmentToken {
    type Err = Refusal;
    /// The refusal does not quote the text: it may be most of a secret.
    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = text
            .strip_prefix(PREFIX)
            .filter(|encoded| encoded.len() == 43)
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
            .ok_or_else(|| Refusal::new(RefusalCode::TokenUnknown, format!("a token is {PREFIX} and 43 characters")))?;
        let token = <[u8; 32]>::try_from(bytes.as_slice()).map(Self);
        bytes.zeroize();
        token.map_err(|_| Refusal::new(RefusalCode::TokenUnknown, "a token has 32 bytes"))
    }
}

impl Serialize for EnrolmentToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reveal())
    }
}

impl<'de> Deserialize<'de> for EnrolmentToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        let token = text.parse().map_err(|refusal: Refusal| de::Error::custom(refusal.detail));
        text.zeroize();
        token
    }
}

/// Secrets show nothing. Messages that carry one are printed in logs.
impl fmt::Debug for EnrolmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolmentToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    #[test]
    fn a_token_is_good_once_for_a_while_and_again_for_the_same_key() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let (token, stranger) = (EnrolmentToken::generate(), EnrolmentToken::generate());
        let (first, second) = (Identity::generate().public(), Identity::generate().public());
        let fresh = Enrolment { hash: token.hash(), expires_at: now, used_by: None };
        let later = Enrolment { expires_at: now + jiff::SignedDuration::from_secs(1), ..fresh.clone() };
        let used = Enrolment { used_by: Some(first), ..fresh.clone() };
        let code = |enrolment: &Enrolment, token, key| enrolment.admit(token, key, now).map_err(|refusal| refusal.code);
        assert_eq!(code(&later, &token, &first), Ok(()));
        assert_eq!(code(&fresh, &token, &first), Err(RefusalCode::TokenExpired), "the end is not part of it");
        assert_eq!(code(&later, &stranger, &first), Err(RefusalCode::TokenUnknown));
        assert_eq!(code(&used, &token, &first), Ok(()), "its answer may have been lost");
        assert_eq!(code(&used, &token, &second), Err(RefusalCode::TokenUsed));
        assert_eq!(code(&used, &stranger, &first), Err(RefusalCode::TokenUnknown), "not by its key alone");
    }

    #[test]
    fn a_token_reads_what_it_reveals_and_shows_nothing_else() {
        let token = EnrolmentToken::generate();
        let text = token.reveal();
        assert_eq!(text.parse::<EnrolmentToken>().unwrap().hash(), token.hash());
        assert!(!format!("{token:?}").contains(&text[8..]));
        for wrong in [
            "",
            "rpe_",
            &text[4..],
            &text[..46],
            &format!("{text}A"),
            "rpe_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        ] {
            let refusal = wrong.parse::<EnrolmentToken>().expect_err(wrong);
            assert!(wrong.len() < 9 || !refusal.to_string().contains(&wrong[8..]), "{refusal} quotes a secret");
        }
    }
}
