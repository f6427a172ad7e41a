//! From a name and a password to a session.

use std::net::IpAddr;
use std::time::Instant;

use jiff::Timestamp;
use rempart_catalog::{NewSession, UserRow};
use rempart_model::UserId;

use super::throttle::Attempt;
use super::{SESSION_IDLE, secret};
use crate::http::caller::Caller;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::state::AppState;

/// What a person typed.
pub struct Credentials<'a> {
    pub name: &'a str,
    pub password: &'a str,
    pub totp: Option<&'a str>,
}

/// Where from.
pub struct Place<'a> {
    pub address: IpAddr,
    pub user_agent: &'a str,
}

/// The user whose credentials these are. An unknown name takes as long as a wrong password, and says the same.
pub async fn verify(state: &AppState, given: &Credentials<'_>, place: &Place<'_>) -> ApiResult<UserRow> {
    let name: String = given.name.trim().chars().take(100).collect();
    let attempt = attempt(state, place.address, &name)?;
    let user = state.catalog.user_by_name(&name).await?.filter(|user| !user.disabled);
    let hash = user.as_ref().map(|user| user.password_hash.as_str());
    let fits = state.passwords.verify(given.password, hash).await?;
    let user = user.filter(|_| fits).ok_or_else(|| ApiError::new(&codes::WRONG_CREDENTIALS))?;
    if user.totp_secret.is_some() {
        match given.totp.map(str::trim).filter(|code| !code.is_empty()) {
            Some(code) => super::totp::take(state, &user, code).await?,
            None => {
                // The password was right: to be asked for the second factor is no failure.
                attempt.succeeded();
                return Err(ApiError::new(&codes::TOTP_REQUIRED).field("totp"));
            }
        }
    }
    attempt.succeeded();
    Ok(user)
}

/// Begins a session; what the cookie holds.
pub async fn begin_session(state: &AppState, user: UserId, place: &Place<'_>) -> ApiResult<String> {
    let token = secret::random()?;
    let now = Timestamp::now();
    let session = NewSession {
        user_id: user,
        token_hash: secret::hash(&token),
        csrf_token: secret::random()?,
        expires_at: now + SESSION_IDLE,
        address: place.address.to_string(),
        user_agent: place.user_agent.to_owned(),
    };
    let mut tx = state.catalog.begin().await?;
    tx.delete_expired_sessions(now).await?;
    tx.insert_session(&session, now).await?;
    tx.note_login(user, now).await?;
    tx.commit().await?;
    Ok(token)
}

/// The caller's own password, asked for again before what a stolen session must not do.
pub async fn reauthenticate(state: &AppState, caller: &Caller, password: &str, field: &str) -> ApiResult<UserRow> {
    caller.session()?;
    let user = state.catalog.user(caller.user).await?;
    let attempt = attempt(state, caller.address, &user.name)?;
    if !state.passwords.verify(password, Some(&user.password_hash)).await? {
        return Err(ApiError::new(&codes::PASSWORD_WRONG).field(field));
    }
    attempt.succeeded();
    Ok(user)
}

fn attempt<'a>(state: &'a AppState, address: IpAddr, name: &str) -> ApiResult<Attempt<'a>> {
    state.throttle.attempt(address, name, Instant::now()).map_err(|wait| {
        let seconds = wait.as_secs() + 1;
        ApiError::new(&codes::THROTTLED).with("seconds", seconds).retry_after(seconds)
    })
}
