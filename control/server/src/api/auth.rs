//! Setup, login, logout, and one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use jiff::Timestamp;
use rempart_catalog::{SessionRow, UserChange};
use rempart_model::{Permission, SessionId};
use utoipa_axum::routes;

use super::types::{
    ErrorBody, LoginRequest, Me, MeUpdate, Page, PasswordChange, RoleName, Session, SetupRequest, SetupState, User,
    UserCreate,
};
use super::users;
use crate::auth::{self, login, password};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::{Caller, Credential, permission_name};
use crate::http::context::ClientAddress;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::{self, ListQuery};
use crate::http::origin;
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .public("the page asks it before anybody can be signed in", routes!(setup_state))
        .public("guarded by the one-time token that the server printed", routes!(set_up))
        .public("nobody is signed in before they sign in", routes!(sign_in))
        .needs(Permission::Own, routes!(sign_out))
        .needs(Permission::Own, routes!(me, update_me))
        .needs(Permission::Own, routes!(change_password))
        .needs(Permission::Own, routes!(sessions))
        .needs(Permission::Own, routes!(end_session))
}

/// Whether the server waits for its first administrator.
#[utoipa::path(get, path = "/api/setup", operation_id = "setup.state", tag = "auth",
    responses((status = 200, body = SetupState)))]
async fn setup_state(State(state): State<AppState>) -> ApiResult<Json<SetupState>> {
    Ok(Json(SetupState {
        needed: !state.catalog.has_users().await?,
        application_name: state.application_name().await?,
        version: crate::VERSION.to_owned(),
    }))
}

/// Makes the first administrator and signs them in.
#[utoipa::path(post, path = "/api/setup", operation_id = "setup.finish", tag = "auth", request_body = SetupRequest,
    responses((status = 201, body = User), (status = "4XX", body = ErrorBody)))]
async fn set_up(
    State(state): State<AppState>,
    audit: Audit,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(body): Body<SetupRequest>,
) -> ApiResult<impl IntoResponse> {
    if state.catalog.has_users().await? {
        return Err(ApiError::new(&codes::SETUP_DONE));
    }
    if !state.setup.fits(&body.token) {
        return Err(ApiError::new(&codes::SETUP_TOKEN).field("token"));
    }
    let given = UserCreate { name: body.name, email: None, role: RoleName::Administrator, password: body.password };
    let user = users::new_user(&state, &given, body.language).await?;
    let mut tx = state.catalog.begin().await?;
    let row = tx.insert_first_user(&user, Timestamp::now()).await?.ok_or_else(|| ApiError::new(&codes::SETUP_DONE))?;
    tx.commit().await?;
    state.setup.close();
    audit.actor(&row.name).object(row.id, &row.name);
    let place = login::Place { address, user_agent: &origin::user_agent(&headers) };
    let token = login::begin_session(&state, row.id, &place).await?;
    Ok((StatusCode::CREATED, cookie(&state, &token), Json(User::from(row))))
}

/// Begins a session. With a second factor and no code: 401 `auth.totp_required`.
#[utoipa::path(post, path = "/api/auth/login", operation_id = "auth.login", tag = "auth", request_body = LoginRequest,
    responses((status = 200, body = User), (status = "4XX", body = ErrorBody)))]
async fn sign_in(
    State(state): State<AppState>,
    audit: Audit,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Body(body): Body<LoginRequest>,
) -> ApiResult<impl IntoResponse> {
    audit.actor(&body.name);
    let given = login::Credentials { name: &body.name, password: &body.password, totp: body.totp.as_deref() };
    let place = login::Place { address, user_agent: &origin::user_agent(&headers) };
    let user = login::verify(&state, &given, &place).await?;
    audit.object(user.id, &user.name);
    let token = login::begin_session(&state, user.id, &place).await?;
    Ok((cookie(&state, &token), Json(User::from(user))))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/auth/logout", operation_id = "auth.logout", tag = "auth",
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn sign_out(State(state): State<AppState>, caller: Caller) -> ApiResult<impl IntoResponse> {
    let session = caller.session()?;
    let mut tx = state.catalog.begin().await?;
    tx.delete_session(caller.user, session, Timestamp::now()).await?;
    tx.commit().await?;
    Ok((StatusCode::NO_CONTENT, cookie(&state, "")))
}

/// Who is signed in, what they may do, and the token that changes carry.
#[utoipa::path(get, path = "/api/auth/me", operation_id = "auth.me", tag = "auth",
    responses((status = 200, body = Me), (status = "4XX", body = ErrorBody)))]
async fn me(State(state): State<AppState>, caller: Caller) -> ApiResult<Json<Me>> {
    let user = state.catalog.user(caller.user).await?;
    let permissions = caller.role.permissions().filter(|one| caller.may(*one)).map(permission_name).collect();
    let csrf_token = match &caller.by {
        Credential::Session { csrf_token, .. } => csrf_token.clone(),
        Credential::Token { .. } => String::new(),
    };
    Ok(Json(Me { user: user.into(), permissions, csrf_token }))
}

/// Changes one's own language, theme or mail address.
#[utoipa::path(patch, path = "/api/auth/me", operation_id = "auth.updateMe", tag = "auth", request_body = MeUpdate,
    responses((status = 200, body = User), (status = "4XX", body = ErrorBody)))]
async fn update_me(State(state): State<AppState>, caller: Caller, Body(body): Body<MeUpdate>) -> ApiResult<Json<User>> {
    let change = UserChange {
        language: body.language.map(|language| Some(language.as_str().to_owned())),
        theme: body.theme.map(|theme| theme.as_str().to_owned()),
        email: body.email.as_deref().map(users::checked_email).transpose()?,
        ..UserChange::default()
    };
    let mut tx = state.catalog.begin().await?;
    let row = tx.update_user(caller.user, None, &change, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Changes one's own password; all other sessions end.
#[utoipa::path(post, path = "/api/auth/password", operation_id = "auth.changePassword", tag = "auth",
    request_body = PasswordChange, responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn change_password(
    State(state): State<AppState>,
    caller: Caller,
    Body(body): Body<PasswordChange>,
) -> ApiResult<StatusCode> {
    let session = caller.session()?;
    let user = login::reauthenticate(&state, &caller, &body.current, "current").await?;
    password::check_new(&body.new, &user.name, "new")?;
    let change = UserChange { password_hash: Some(state.passwords.hash(&body.new).await?), ..UserChange::default() };
    let mut tx = state.catalog.begin().await?;
    let now = Timestamp::now();
    tx.update_user(user.id, None, &change, now).await?;
    tx.delete_sessions_of(user.id, Some(session), now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where one is signed in, the last used first; searched by address and browser.
#[utoipa::path(get, path = "/api/auth/sessions", operation_id = "auth.sessions", tag = "auth", params(ListQuery),
    responses((status = 200, body = Page<Session>), (status = "4XX", body = ErrorBody)))]
async fn sessions(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Session>>> {
    let own = caller.session().ok();
    let page = state.catalog.sessions_of(caller.user, query.text(), Timestamp::now(), &query.page()).await?;
    Ok(Json(list::answer(page, |row| shown(row, own))))
}

fn shown(row: SessionRow, own: Option<SessionId>) -> Session {
    Session {
        id: row.id.get(),
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        address: row.address,
        user_agent: row.user_agent,
        current: own == Some(row.id),
    }
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", operation_id = "auth.endSession", tag = "auth",
    params(("id" = i64, Path, example = 1)), responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn end_session(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SessionId>,
) -> ApiResult<StatusCode> {
    let mut tx = state.catalog.begin().await?;
    tx.delete_session(caller.user, id, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn cookie(state: &AppState, token: &str) -> AppendHeaders<[(axum::http::HeaderName, String); 1]> {
    let is_secure = state.settings.transport.is_secure_for_browsers();
    AppendHeaders([(SET_COOKIE, auth::set_cookie(token, is_secure))])
}
