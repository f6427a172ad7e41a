//! The second factor of one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_model::Permission;
use utoipa_axum::routes;

use super::types::{ErrorBody, RecoveryCodes, TotpConfirm, TotpRemove, TotpStart};
use crate::auth::{login, totp};
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new().needs(Permission::Own, routes!(begin, remove)).needs(Permission::Own, routes!(confirm))
}

/// Begins to turn the second factor on: a secret for the device, not in force before it is confirmed.
#[utoipa::path(post, path = "/api/auth/totp", operation_id = "totp.begin", tag = "auth",
    responses((status = 200, body = TotpStart), (status = "4XX", body = ErrorBody)))]
async fn begin(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<TotpStart>> {
    caller.session()?;
    let user = state.catalog.user(caller.user).await?;
    if user.totp_secret.is_some() {
        return Err(ApiError::new(&codes::TOTP_ALREADY));
    }
    let enrolment = totp::enrol(&state, &user, &state.application_name().await?)?;
    let mut tx = state.catalog.begin().await?;
    tx.begin_totp(user.id, &enrolment.sealed, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(Json(TotpStart { secret: enrolment.secret, otpauth_url: enrolment.otpauth_url, qr_svg: enrolment.qr_svg }))
}

/// Turns it on with a first code; answers with the recovery codes, this once.
#[utoipa::path(post, path = "/api/auth/totp/confirm", operation_id = "totp.confirm", tag = "auth",
    request_body = TotpConfirm, responses((status = 200, body = RecoveryCodes), (status = "4XX", body = ErrorBody)))]
async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<TotpConfirm>,
) -> ApiResult<Json<RecoveryCodes>> {
    caller.session()?;
    let user = state.catalog.user(caller.user).await?;
    Ok(Json(RecoveryCodes { codes: totp::confirm(&state, &user, body.code.trim()).await? }))
}

/// Turns it off; asks for the password again.
#[utoipa::path(delete, path = "/api/auth/totp", operation_id = "totp.remove", tag = "auth",
    request_body = TotpRemove, responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(State(state): State<AppState>, caller: Caller, Body(body): Body<TotpRemove>) -> ApiResult<StatusCode> {
    let user = login::reauthenticate(&state, &caller, &body.password, "password").await?;
    let mut tx = state.catalog.begin().await?;
    tx.remove_totp(user.id, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
