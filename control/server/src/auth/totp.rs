//! The second factor: six digits of RFC 6238, each taken once, and recovery codes for the day the device is lost.

use jiff::{SignedDuration, Timestamp};
use rempart_catalog::UserRow;
use rempart_work::secret::{Field, SecretText};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::secret;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::state::AppState;

/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// Clocks may differ by one step.
const SKEW_STEPS: u16 = 1;
/// How long a begun activation waits to be confirmed.
const PENDING_FOR: SignedDuration = SignedDuration::from_mins(15);
const RECOVERY_CODES: usize = 10;

/// What the device is told.
pub struct Enrolment {
    /// Base32, for typing.
    pub secret: String,
    pub otpauth_url: String,
    pub qr_svg: String,
    /// Goes into the catalog.
    pub sealed: String,
}

fn field(user: &UserRow) -> String {
    user.name.to_lowercase()
}

fn place(row: &str) -> Field<'_> {
    Field { table: "users", row, field: "totp_secret" }
}

/// Draws a secret for a user; not in force before it is confirmed.
pub fn enrol(state: &AppState, user: &UserRow, issuer: &str) -> ApiResult<Enrolment> {
    let mut bytes = [0_u8; SECRET_BYTES];
    secret::fill(&mut bytes)?;
    // A colon parts issuer and account in the address.
    let plain = |text: &str| text.replace(':', " ");
    let totp = builder(&bytes)
        .with_account_name(plain(&user.name))
        .with_issuer(Some(plain(issuer)))
        .build()
        .map_err(ApiError::internal)?;
    let base32 = totp.secret().to_base32();
    let otpauth_url = totp.to_url().map_err(ApiError::internal)?;
    let code = qrcode::QrCode::new(otpauth_url.as_bytes()).map_err(ApiError::internal)?;
    let qr_svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    let sealed = state.seal(place(&field(user)), &base32);
    Ok(Enrolment { secret: base32, otpauth_url, qr_svg, sealed })
}

/// The pending secret comes into force by its first code; the recovery codes, shown this once.
pub async fn confirm(state: &AppState, user: &UserRow, code: &str) -> ApiResult<Vec<String>> {
    let now = Timestamp::now();
    let fresh = user.totp_pending_at.is_some_and(|at| now.duration_since(at) < PENDING_FOR);
    let pending = user.totp_pending.as_ref().filter(|_| fresh);
    let sealed = pending.ok_or_else(|| ApiError::new(&codes::TOTP_NOT_STARTED))?;
    let step = matching_step(&open(state, user, sealed)?, code, now)?;
    let step = step.ok_or_else(|| ApiError::new(&codes::WRONG_TOTP).field("code"))?;
    let recovery: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<_, _>>()?;
    let hashes: Vec<String> = recovery.iter().map(|code| secret::hash(&normalised(code))).collect();
    let mut tx = state.catalog.begin().await?;
    tx.confirm_totp(user.id, step, &hashes, now).await?;
    tx.commit().await?;
    Ok(recovery)
}

/// Takes a code, or a recovery code, of a user whose second factor is on; each once.
pub async fn take(state: &AppState, user: &UserRow, code: &str) -> ApiResult<()> {
    let wrong = || ApiError::new(&codes::WRONG_TOTP).field("totp");
    let sealed = user.totp_secret.as_ref().ok_or_else(wrong)?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let mut tx = state.catalog.begin().await?;
    let taken = if digits.len() == usize::from(DIGITS) && digits.bytes().all(|b| b.is_ascii_digit()) {
        match matching_step(&open(state, user, sealed)?, &digits, Timestamp::now())? {
            Some(step) => tx.use_totp_step(user.id, step).await?,
            None => false,
        }
    } else {
        tx.use_recovery_code(user.id, &secret::hash(&normalised(code))).await?
    };
    tx.commit().await?;
    if taken { Ok(()) } else { Err(wrong()) }
}

fn open(state: &AppState, user: &UserRow, sealed: &str) -> ApiResult<SecretText> {
    state.unseal(place(&field(user)), sealed)
}

fn builder(bytes: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_SECONDS)
        .with_secret(bytes.to_vec())
}

/// The time step that this is the code of.
fn matching_step(base32: &SecretText, code: &str, now: Timestamp) -> ApiResult<Option<i64>> {
    let secret = Secret::try_from_base32(base32.expose()).map_err(|_| ApiError::new(&codes::INTERNAL))?;
    let totp: Totp = builder(secret.as_ref()).with_account_name("rempart").build().map_err(ApiError::internal)?;
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    Ok(totp.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// Letters and digits that nobody mistakes for each other.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// `abcd-efgh-ijkm-npqr`: 80 random bits.
fn recovery_code() -> ApiResult<String> {
    let mut bytes = [0_u8; 16];
    secret::fill(&mut bytes)?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
    Ok(letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn normalised(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, the last six of its eight digits.
        let base32 = SecretText::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let at = Timestamp::from_second(seconds).unwrap();
            assert_eq!(matching_step(&base32, code, at).ok().unwrap(), Some(seconds / 30), "{code}");
            let later = Timestamp::from_second(seconds + 90).unwrap();
            assert_eq!(matching_step(&base32, code, later).ok().unwrap(), None, "{code} three steps later");
        }
        assert_eq!(matching_step(&base32, "", Timestamp::UNIX_EPOCH).ok().unwrap(), None);
    }

    #[test]
    fn a_recovery_code_may_be_typed_with_or_without_hyphens() {
        let code = recovery_code().unwrap();
        assert_eq!(code.len(), 19);
        assert_eq!(normalised(&code), normalised(&code.replace('-', " ").to_uppercase()));
    }
}
