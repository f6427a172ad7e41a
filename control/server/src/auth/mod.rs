//! How people and programs are recognised.

pub mod login;
pub mod password;
pub mod secret;
pub mod setup;
pub mod throttle;
pub mod totp;

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{Recognised, SessionRow, TokenRow};
use rempart_model::Permission;

use crate::api::types::Language;
use crate::http::caller::{Caller, Credential};
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::state::AppState;

/// The cookie of a browser's session.
pub const SESSION_COOKIE: &str = "rempart_session";
/// What every API token begins with, so that scanners for leaked secrets find it.
pub const TOKEN_PREFIX: &str = "rp_";

/// A session that is not used ends after this.
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Any session ends after this.
pub const SESSION_LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How often the catalog is told that a credential is in use: more would write with every request.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Who sends these headers; `None` where no credential is sent, an error where one is sent that is not valid.
pub async fn recognise(state: &AppState, headers: &HeaderMap, address: IpAddr) -> ApiResult<Option<Caller>> {
    let now = Timestamp::now();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let Some(secret) = bearer(value) else { return Ok(None) };
        let found = state.catalog.token_by_hash(&secret::hash(secret), now).await?;
        let token = found.ok_or_else(|| ApiError::new(&codes::BAD_TOKEN))?;
        touch_token(state, &token.credential, now).await;
        return Ok(Some(by_token(token, address)));
    }
    let Some(secret) = session_cookie(headers) else { return Ok(None) };
    let found = state.catalog.session_by_hash(&secret::hash(&secret), now).await?;
    let Some(session) = found else { return Ok(None) };
    touch_session(state, &session.credential, address, now).await;
    Ok(Some(by_session(session, address)))
}

/// A bearer token of ours; other kinds of credentials belong to other protocols.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let (scheme, secret) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let jar = axum_extra::extract::CookieJar::from_headers(headers);
    jar.get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned())
}

fn language(text: Option<&str>) -> Option<Language> {
    match text {
        Some("fr") => Some(Language::Fr),
        Some("en") => Some(Language::En),
        _ => None,
    }
}

fn by_session(found: Recognised<SessionRow>, address: IpAddr) -> Caller {
    Caller {
        user: found.credential.user_id,
        name: found.name,
        role: found.role,
        language: language(found.language.as_deref()),
        by: Credential::Session { id: found.credential.id, csrf_token: found.credential.csrf_token },
        address,
    }
}

fn by_token(found: Recognised<TokenRow>, address: IpAddr) -> Caller {
    // A scope that this version does not know gives nothing.
    let scopes = found.credential.scopes.iter().filter_map(|scope| scope.parse::<Permission>().ok()).collect();
    Caller {
        user: found.credential.user_id,
        name: found.name,
        role: found.role,
        language: language(found.language.as_deref()),
        by: Credential::Token { id: found.credential.id, name: found.credential.name, scopes },
        address,
    }
}

/// A failure here costs nothing but the time of last use: it is logged, the request goes on.
async fn touch_session(state: &AppState, session: &SessionRow, address: IpAddr, now: Timestamp) {
    if now.duration_since(session.last_seen_at) < TOUCH_EVERY {
        return;
    }
    let expires_at = (now + SESSION_IDLE).min(session.created_at + SESSION_LONGEST);
    let touched = async {
        let mut tx = state.catalog.begin().await?;
        tx.touch_session(session.id, &address.to_string(), now, expires_at).await?;
        tx.commit().await
    };
    if let Err(error) = touched.await {
        tracing::warn!("cannot note that a session is in use: {error}");
    }
}

async fn touch_token(state: &AppState, token: &TokenRow, now: Timestamp) {
    if token.last_used_at.is_some_and(|last| now.duration_since(last) < TOUCH_EVERY) {
        return;
    }
    let touched = async {
        let mut tx = state.catalog.begin().await?;
        tx.touch_token(token.id, now).await?;
        tx.commit().await
    };
    if let Err(error) = touched.await {
        tracing::warn!("cannot note that a token is in use: {error}");
    }
}

/// The `Set-Cookie` that begins a session, or, with an empty value, ends it.
#[must_use]
pub fn set_cookie(value: &str, is_secure: bool) -> String {
    let max_age_seconds = if value.is_empty() { 0 } else { SESSION_LONGEST.as_secs() };
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{SESSION_COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_seconds}{secure}")
}
