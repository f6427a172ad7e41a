//! API tokens: for programs, with a part of their owner's permissions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{NewToken, TokenRow};
use rempart_model::{Permission, TokenId};
use utoipa_axum::routes;

use super::types::{ApiToken, ApiTokenCreate, ApiTokenCreated, ErrorBody, Page};
use crate::auth::{TOKEN_PREFIX, secret};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::{Caller, permission_name};
use crate::http::check;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::list::{self, ListQuery};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

/// More than this many of one user's are a program that makes one per run.
const MOST_PER_USER: u64 = 100;

pub fn routes() -> Routes {
    Routes::new().needs(Permission::Own, routes!(list, create)).needs(Permission::Own, routes!(remove))
}

impl From<TokenRow> for ApiToken {
    fn from(row: TokenRow) -> Self {
        let scopes = row.scopes.iter().filter_map(|scope| scope.parse::<Permission>().ok()).map(permission_name);
        Self {
            id: row.id.get(),
            name: row.name,
            scopes: scopes.collect(),
            owner: row.owner,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// One's own tokens, by name; those of everybody for who may manage them.
#[utoipa::path(get, path = "/api/tokens", operation_id = "tokens.list", tag = "tokens", params(ListQuery),
    responses((status = 200, body = Page<ApiToken>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<ApiToken>>> {
    let whose = if caller.may(Permission::ManageTokens) { None } else { Some(caller.user) };
    let page = state.catalog.tokens(whose, query.text(), &query.page()).await?;
    Ok(Json(list::answer(page, ApiToken::from)))
}

/// Makes a token; its secret is shown this once.
#[utoipa::path(post, path = "/api/tokens", operation_id = "tokens.create", tag = "tokens", request_body = ApiTokenCreate,
    responses((status = 201, body = ApiTokenCreated), (status = "4XX", body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    Body(body): Body<ApiTokenCreate>,
) -> ApiResult<(StatusCode, Json<ApiTokenCreated>)> {
    // A token that could make tokens would outlive its own end.
    caller.session()?;
    let now = Timestamp::now();
    let name = check::name("name", &body.name)?;
    if body.expires_at.is_some_and(|at| at <= now) {
        return Err(ApiError::new(&codes::TOKEN_EXPIRY).field("expiresAt"));
    }
    if state.catalog.count_tokens(caller.user).await? >= MOST_PER_USER {
        return Err(ApiError::new(&codes::TOKEN_LIMIT).with("limit", MOST_PER_USER));
    }
    let scopes = scopes(&caller, &body.scopes)?;
    let secret = format!("{TOKEN_PREFIX}{}", secret::random()?);
    let token = NewToken {
        user_id: caller.user,
        name,
        token_hash: secret::hash(&secret),
        scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        expires_at: body.expires_at,
    };
    let mut tx = state.catalog.begin().await?;
    let id = tx.insert_token(&token, now).await?;
    tx.commit().await?;
    audit.object(id, &token.name).detail(token.scopes.join(", "));
    let row = state.catalog.token(id).await?;
    Ok((StatusCode::CREATED, Json(ApiTokenCreated { token: row.into(), secret })))
}

/// Ends a token.
#[utoipa::path(delete, path = "/api/tokens/{id}", operation_id = "tokens.remove", tag = "tokens",
    params(("id" = i64, Path, example = 1)), responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<TokenId>,
) -> ApiResult<StatusCode> {
    let row = state.catalog.token(id).await?;
    if row.user_id != caller.user && !caller.may(Permission::ManageTokens) {
        // That it exists is nobody else's business.
        return Err(ApiError::not_found());
    }
    audit.object(id, &row.name).detail(format!("of {}", row.owner));
    let mut tx = state.catalog.begin().await?;
    tx.delete_token(id, Timestamp::now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Each a permission that the caller has; none twice.
fn scopes(caller: &Caller, asked: &[String]) -> ApiResult<Vec<Permission>> {
    let known: Vec<Permission> = caller.role.permissions().collect();
    let mut scopes = Vec::new();
    for name in asked {
        let scope = known.iter().copied().find(|one| permission_name(*one) == *name).ok_or_else(|| {
            let names: Vec<String> = known.iter().copied().map(permission_name).collect();
            let shown: String = name.chars().take(60).collect();
            ApiError::new(&codes::TOKEN_SCOPE).with("scope", shown).with("known", names.join(", ")).field("scopes")
        })?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(ApiError::new(&codes::EMPTY_FIELD).with("name", "scopes").field("scopes"));
    }
    Ok(scopes)
}
