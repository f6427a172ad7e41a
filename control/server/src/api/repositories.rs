//! Repositories: made, adopted, checked, pruned; their recovery kits, and the clients of their restic REST endpoint.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use rempart_catalog::{CatalogErrorKind, NewRepoClient, RepositoryFilter, RepositoryRow};
use rempart_model::{JobId, Permission, PoolId, RepoClientId, RepoId, ServerId};
use rempart_work::repository::{NewRepositoryRequest, repository_name};
use rempart_work::trouble::table;
use rempart_work::{SecretText, Trouble};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::storage_words::repository_answer;
use super::types::{
    Accepted, CheckRequest, ErrorBody, Language, Page, RecoveryKit, RecoveryKitConfirm, Repository, RepositoryCreate,
    RepositoryUpdate, RestClient, RestClientCreate, RestClientCreated, Unlocked,
};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::context::AnswerLanguage;
use crate::http::errors::{ApiError, ApiResult};
use crate::http::etag::{IfMatch, Versioned};
use crate::http::list::{self, ListQuery};
use crate::http::path::{PathId, PathIds, Query};
use crate::http::routes::Routes;
use crate::restic_rest::ClientPassword;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(list))
        .needs(Permission::ManageStorage, routes!(create))
        .needs(Permission::Read, routes!(read))
        .needs(Permission::ManageStorage, routes!(update, remove))
        .brings_out(Permission::RecoveryKit, routes!(recovery_kit))
        .needs(Permission::RecoveryKit, routes!(confirm_recovery_kit))
        .needs(Permission::ManageStorage, routes!(check))
        .needs(Permission::ManageStorage, routes!(prune))
        .needs(Permission::ManageStorage, routes!(refresh))
        .needs(Permission::ManageStorage, routes!(unlock))
        .needs(Permission::ManageStorage, routes!(clients, create_client))
        .needs(Permission::ManageStorage, routes!(remove_client))
}

async fn answer(state: &AppState, row: RepositoryRow, language: Language) -> ApiResult<Repository> {
    let mut locations = state.work.repository_locations(std::slice::from_ref(&row)).await?;
    let location = locations.pop().ok_or_else(ApiError::not_found)?;
    Ok(repository_answer(row, location, language.into()))
}

fn accepted(job: JobId) -> (StatusCode, Json<Accepted>) {
    (StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: None }))
}

/// Which repositories.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct Which {
    /// Those that lie in this pool.
    pool_id: Option<i64>,
    /// Those that belong to this server.
    server_id: Option<i64>,
}

/// Lists the repositories by name.
#[utoipa::path(get, path = "/api/repositories", operation_id = "repositories.list", tag = "repositories",
    params(ListQuery, Which), responses((status = 200, body = Page<Repository>), (status = "4XX", body = ErrorBody)))]
async fn list(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    Query(query): Query<ListQuery>,
    Query(which): Query<Which>,
) -> ApiResult<Json<Page<Repository>>> {
    let filter = RepositoryFilter {
        text: query.text().map(str::to_owned),
        pool_id: which.pool_id.map(PoolId),
        server_id: which.server_id.map(ServerId),
    };
    let page = state.catalog.repositories(&filter, &query.page()).await?;
    let locations = state.work.repository_locations(&page.items).await?;
    let rows = page.items.into_iter().zip(locations);
    let items = rows.map(|(row, location)| repository_answer(row, location, language.into())).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor, total: page.total }))
}

/// Makes a repository with a generated password, or adopts one that is there by its password.
#[utoipa::path(post, path = "/api/repositories", operation_id = "repositories.create", tag = "repositories",
    request_body = RepositoryCreate,
    responses((status = 201, body = Repository), (status = "4XX", body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn create(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    Body(body): Body<RepositoryCreate>,
) -> ApiResult<Versioned<Repository>> {
    let adopts = body.adopt_password.is_some();
    let request = NewRepositoryRequest {
        name: body.name,
        pool_id: PoolId(body.pool_id),
        server_id: ServerId(body.server_id),
        adopt_password: body.adopt_password.map(SecretText::new),
    };
    let row = state.work.create_repository(request).await?;
    audit.object(row.id, &row.path).detail(if adopts { "adopted" } else { "made" });
    Ok(Versioned::created(row.version, answer(&state, row, language).await?))
}

/// One repository.
#[utoipa::path(get, path = "/api/repositories/{id}", operation_id = "repositories.read", tag = "repositories",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Repository), (status = "4XX", body = ErrorBody)))]
async fn read(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    PathId(id): PathId<RepoId>,
) -> ApiResult<Versioned<Repository>> {
    let row = state.catalog.repository(id).await?;
    Ok(Versioned::ok(row.version, answer(&state, row, language).await?))
}

/// Changes the name that is shown. The files stay where they are.
#[utoipa::path(patch, path = "/api/repositories/{id}", operation_id = "repositories.update", tag = "repositories",
    request_body = RepositoryUpdate,
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 200, body = Repository), (status = "4XX", body = ErrorBody)))]
async fn update(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    PathId(id): PathId<RepoId>,
    seen: IfMatch,
    Body(body): Body<RepositoryUpdate>,
) -> ApiResult<Versioned<Repository>> {
    let row = state.catalog.repository(id).await?;
    seen.check(row.version)?;
    audit.object(id, &row.path);
    if let Some(name) = body.name {
        let name = repository_name(&name)?;
        let mut tx = state.catalog.begin().await?;
        tx.rename_repository(id, &name, row.version, Timestamp::now()).await?;
        tx.commit().await?;
    }
    let row = state.catalog.repository(id).await?;
    Ok(Versioned::ok(row.version, answer(&state, row, language).await?))
}

/// Takes a repository out of the catalog, with its clients and what is known of its snapshots. Its files stay, and it can be
/// adopted again.
#[utoipa::path(delete, path = "/api/repositories/{id}", operation_id = "repositories.delete", tag = "repositories",
    params(("id" = i64, Path, example = 1), ("If-Match" = String, Header, description = "The ETag that was read; `*` overwrites whatever is there", example = "\"3\"")),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<RepoId>,
    seen: IfMatch,
) -> ApiResult<StatusCode> {
    let row = state.catalog.repository(id).await?;
    seen.check(row.version)?;
    audit.object(id, &row.path);
    state.work.delete_repository(id, row.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The page that restores without this server, with the password. Handed out until it is confirmed.
#[utoipa::path(post, path = "/api/repositories/{id}/recovery-kit", operation_id = "repositories.recoveryKit",
    tag = "repositories", params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = RecoveryKit), (status = "4XX", body = ErrorBody)))]
async fn recovery_kit(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    PathId(id): PathId<RepoId>,
) -> ApiResult<Json<RecoveryKit>> {
    let kit = state.work.recovery_kit(id, language.into()).await?;
    audit.object(id, &kit.repository);
    Ok(Json(RecoveryKit {
        repository: kit.repository,
        location: kit.location,
        password: kit.password.expose().to_owned(),
        confirmation_code: kit.confirmation_code,
        text: kit.text,
    }))
}

/// The proof that the kit was kept.
#[utoipa::path(post, path = "/api/repositories/{id}/recovery-kit/confirm",
    operation_id = "repositories.confirmRecoveryKit", tag = "repositories", request_body = RecoveryKitConfirm,
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Repository), (status = "4XX", body = ErrorBody)))]
async fn confirm_recovery_kit(
    State(state): State<AppState>,
    AnswerLanguage(language): AnswerLanguage,
    audit: Audit,
    PathId(id): PathId<RepoId>,
    Body(body): Body<RecoveryKitConfirm>,
) -> ApiResult<Versioned<Repository>> {
    let row = state.work.confirm_recovery_kit(id, &body.confirmation_code).await?;
    audit.object(id, &row.path);
    Ok(Versioned::ok(row.version, answer(&state, row, language).await?))
}

/// Checks the repository: its structure, and every byte where that is asked for.
#[utoipa::path(post, path = "/api/repositories/{id}/check", operation_id = "repositories.check", tag = "repositories",
    request_body = CheckRequest, params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn check(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<RepoId>,
    Body(body): Body<CheckRequest>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.repository(id).await?;
    audit.object(id, &row.path);
    Ok(accepted(state.work.enqueue_check(id, body.read_data, Some(caller.user)).await?))
}

/// Gives the space back of what no snapshot uses.
#[utoipa::path(post, path = "/api/repositories/{id}/prune", operation_id = "repositories.prune", tag = "repositories",
    params(("id" = i64, Path, example = 1)), responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn prune(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<RepoId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.repository(id).await?;
    audit.object(id, &row.path);
    Ok(accepted(state.work.enqueue_prune(id, Some(caller.user)).await?))
}

/// Reads the repository's snapshots into the catalog.
#[utoipa::path(post, path = "/api/repositories/{id}/refresh", operation_id = "repositories.refresh",
    tag = "repositories", params(("id" = i64, Path, example = 1)),
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn refresh(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<RepoId>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = state.catalog.repository(id).await?;
    audit.object(id, &row.path);
    Ok(accepted(state.work.enqueue_refresh(id, Some(caller.user)).await?))
}

/// Removes locks whose holders are gone. Those of programs that may be at work stay.
#[utoipa::path(post, path = "/api/repositories/{id}/unlock", operation_id = "repositories.unlock", tag = "repositories",
    params(("id" = i64, Path, example = 1)), responses((status = 200, body = Unlocked), (status = "4XX", body = ErrorBody)))]
async fn unlock(State(state): State<AppState>, audit: Audit, PathId(id): PathId<RepoId>) -> ApiResult<Json<Unlocked>> {
    let row = state.catalog.repository(id).await?;
    audit.object(id, &row.path);
    let (removed, left) = state.work.unlock_repository(id).await?;
    Ok(Json(Unlocked { removed, left }))
}

/// Lists the clients of the repository's restic REST endpoint by user name.
#[utoipa::path(get, path = "/api/repositories/{id}/clients", operation_id = "repositories.clients",
    tag = "repositories", params(("id" = i64, Path, example = 1), ListQuery),
    responses((status = 200, body = Page<RestClient>), (status = "4XX", body = ErrorBody)))]
async fn clients(
    State(state): State<AppState>,
    PathId(id): PathId<RepoId>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<RestClient>>> {
    state.catalog.repository(id).await?;
    let page = state.catalog.repo_clients(id, query.text(), &query.page()).await?;
    Ok(Json(list::answer(page, RestClient::from)))
}

/// Makes credentials for a restic client; the password is shown once.
#[utoipa::path(post, path = "/api/repositories/{id}/clients", operation_id = "repositories.createClient",
    tag = "repositories", request_body = RestClientCreate, params(("id" = i64, Path, example = 1)),
    responses((status = 201, body = RestClientCreated), (status = "4XX", body = ErrorBody)))]
async fn create_client(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<RepoId>,
    Body(body): Body<RestClientCreate>,
) -> ApiResult<(StatusCode, Json<RestClientCreated>)> {
    let row = state.catalog.repository(id).await?;
    let username = repository_name(&body.username).map_err(|trouble| trouble.field("username"))?;
    let password = ClientPassword::generate().map_err(|error| ApiError::internal(std::io::Error::other(error)))?;
    let new = NewRepoClient {
        repository_id: id,
        username: username.clone(),
        password_hash: password.hash().to_hex(),
        mode: body.mode,
        quota_bytes: body.quota_bytes,
    };
    let mut tx = state.catalog.begin().await?;
    tx.insert_repo_client(&new, Timestamp::now()).await.map_err(|error| match error.kind() {
        CatalogErrorKind::Taken => {
            Trouble::new(&table::REPOSITORY_CLIENT_TAKEN).with("name", &username).field("username").into()
        }
        _ => ApiError::from(error),
    })?;
    tx.commit().await?;
    audit.object(id, &row.path).detail(&username);
    let client = state.catalog.repo_client_by_username(&username).await?.ok_or_else(ApiError::not_found)?;
    let repository_url = rest_url(&state, id, &client.username, password.expose());
    let created = RestClientCreated { client: client.into(), password: password.expose().to_owned(), repository_url };
    Ok((StatusCode::CREATED, Json(created)))
}

/// For restic, as people reach this server.
fn rest_url(state: &AppState, id: RepoId, username: &str, password: &str) -> String {
    let base = state.public_url();
    let (scheme, host) = base.split_once("://").unwrap_or(("http", &base));
    format!("rest:{scheme}://{username}:{password}@{host}/restic/{id}/")
}

/// Takes a client's credentials away.
#[utoipa::path(delete, path = "/api/repositories/{id}/clients/{clientId}", operation_id = "repositories.deleteClient",
    tag = "repositories", params(("id" = i64, Path, example = 1), ("clientId" = i64, Path, example = 1)),
    responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn remove_client(
    State(state): State<AppState>,
    audit: Audit,
    PathIds(id, client): PathIds<RepoId, RepoClientId>,
) -> ApiResult<StatusCode> {
    let row = state.catalog.repository(id).await?;
    audit.object(id, &row.path);
    let mut tx = state.catalog.begin().await?;
    tx.delete_repo_client(id, client).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
