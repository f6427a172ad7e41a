//! Passwords: argon2id on a few threads only, and what is refused as too easy.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::http::errors::{ApiError, ApiResult, codes};

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// At most this many passwords are worked on at once: each takes 19 MiB for some tens of milliseconds.
const AT_ONCE: usize = 2;
/// More than this many waiting are turned away: they would time out anyhow.
const MOST_WAITING: usize = 64;

pub const LEAST_CHARACTERS: usize = 10;
pub const MOST_CHARACTERS: usize = 200;

/// Hashes and verifies, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(MOST_WAITING)) }
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constant parameters that argon2 takes");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Passwords {
    /// In PHC form.
    pub async fn hash(&self, password: &str) -> ApiResult<String> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string()))
            .await?
            .map_err(|error| refused(&error))
    }

    /// Whether this is the password. Without a hash (there is no such user) it takes as long, and is false.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> ApiResult<bool> {
        let password = Zeroizing::new(password.to_owned());
        let Some(hash) = hash.map(str::to_owned) else {
            self.run(move || argon2().hash_password(password.as_bytes()).is_ok()).await?;
            return Ok(false);
        };
        self.run(move || {
            let hash = PasswordHash::new(&hash)?;
            match argon2().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await?
        .map_err(|error: argon2::password_hash::Error| refused(&error))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
        let _place = self.waiting.try_acquire().map_err(|_| ApiError::new(&codes::BUSY).retry_after(5))?;
        let turn = self.turns.clone().acquire_owned().await.map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(ApiError::internal)
    }
}

fn refused(error: &argon2::password_hash::Error) -> ApiError {
    tracing::error!("a password could not be hashed or compared: {error}");
    ApiError::new(&codes::INTERNAL)
}

/// Whether a password may be chosen: long enough, and not what everybody tries first. No rule about digits or signs:
/// they make passwords that are hard to remember and easy to guess.
pub fn check_new(password: &str, user_name: &str, field: &str) -> ApiResult<()> {
    let characters = password.chars().count();
    if characters < LEAST_CHARACTERS {
        return Err(ApiError::new(&codes::PASSWORD_SHORT).with("least", LEAST_CHARACTERS).field(field));
    }
    if characters > MOST_CHARACTERS {
        return Err(ApiError::new(&codes::PASSWORD_LONG).with("limit", MOST_CHARACTERS).field(field));
    }
    if is_obvious(&password.to_lowercase(), &user_name.to_lowercase()) {
        return Err(ApiError::new(&codes::PASSWORD_OBVIOUS).field(field));
    }
    Ok(())
}

/// What dictionaries hold, once what people append to it is taken away.
const COMMON: &[&str] = &[
    "password",
    "passw0rd",
    "motdepasse",
    "azertyuiop",
    "qwertyuiop",
    "azerty",
    "qwerty",
    "letmein",
    "welcome",
    "bienvenue",
    "administrator",
    "administrateur",
    "admin",
    "rempart",
    "changeme",
    "iloveyou",
    "backup",
    "sauvegarde",
    "secret",
    "default",
    "football",
    "soleil",
    "doudou",
    "bonjour",
];

fn is_obvious(password: &str, user_name: &str) -> bool {
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if distinct.len() < 4 || is_sequence(password) {
        return true;
    }
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    let repeats = |word: &str| !word.is_empty() && core.replace(word, "").chars().count() <= 3;
    COMMON.iter().any(|word| repeats(word)) || (user_name.len() >= 3 && repeats(user_name))
}

/// `1234567890`, `abcdefghij`, `9876543210`.
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    // 9 is followed by 0 on keyboards.
    let steps = |by: i64| codes.windows(2).filter(|pair| pair[1] - pair[0] == by).count() + 2 >= codes.len();
    steps(1) || steps(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_argon2id_and_takes_its_password_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
        assert_ne!(hash, passwords.hash("correct horse").await.unwrap(), "no salt");
        assert!(passwords.verify("x", Some("no hash")).await.is_err());
    }

    #[test]
    fn what_is_tried_first_is_refused_and_what_is_long_is_not() {
        let refused = [
            ("short", "user.password_short"),
            ("ééééééééé", "user.password_short"),
            ("1234567890", "user.password_obvious"),
            ("aaaaaaaaaaaa", "user.password_obvious"),
            ("password2026!", "user.password_obvious"),
            ("MotDePasse123", "user.password_obvious"),
            ("camille-2026", "user.password_obvious"),
            ("azertyuiop1", "user.password_obvious"),
        ];
        for (password, code) in refused {
            let error = check_new(password, "Camille", "password").expect_err(password);
            assert_eq!(error.code().id, code, "{password}");
        }
        assert!(check_new(&"x".repeat(201), "camille", "password").is_err());
        for good in ["un chat sur le toit", "kV7#pa9-qz", "correct horse battery", "administrateur-de-nuit"] {
            assert!(check_new(good, "camille", "password").is_ok(), "{good} was refused");
        }
    }
}
