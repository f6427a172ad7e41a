//! Agents on other machines, over SSH: installed, upgraded, restarted, removed, their journal read. Each is a job.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rempart_model::{JobKind, Permission, ServerId};
use rempart_work::SecretText;
use rempart_work::deploy::{self, Home};
use utoipa_axum::routes;

use super::agents::elsewhere;
use super::types::{Accepted, ErrorBody, HostKey, HostKeyShown, Reach, SshHost, SshLogin, SshPlace};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::check;
use crate::http::errors::ApiResult;
use crate::http::path::PathId;
use crate::http::routes::Routes;
use crate::state::AppState;
use crate::tls;

const SSH_PORT: u16 = 22;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::ManageServers, routes!(reach))
        .needs(Permission::ManageServers, routes!(look_at_host_key, forget_host_key))
        .needs(Permission::ManageServers, routes!(install))
        .needs(Permission::ManageServers, routes!(upgrade))
        .needs(Permission::ManageServers, routes!(restart))
        .needs(Permission::ManageServers, routes!(uninstall))
        .needs(Permission::ManageServers, routes!(journal))
}

/// Says how a server was reached by SSH last, and this server's own public key, which may be put into `authorized_keys` there.
#[utoipa::path(get, path = "/api/servers/{id}/ssh", operation_id = "servers.reach", tag = "agents",
    params(("id" = i64, Path, example = 2)),
    responses((status = 200, body = Reach), (status = "4XX", body = ErrorBody)))]
async fn reach(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Json<Reach>> {
    elsewhere(&state, id).await?;
    let own = state.work.own_ssh_key().await?;
    let ssh = state.catalog.ssh_host(id).await?.map(|row| SshHost {
        address: row.address,
        port: row.port,
        user: row.user_name,
        method: row.method,
        host_key: row.host_key.map(|(fingerprint, kind)| HostKey { fingerprint, kind }),
        accepted_at: row.accepted_at,
    });
    Ok(Json(Reach { ssh, server_public_key: own.public, server_key_fingerprint: own.fingerprint }))
}

/// Asks a machine for its host key, for a person to compare. Nobody logs in.
#[utoipa::path(post, path = "/api/servers/{id}/ssh/host-key", operation_id = "servers.lookAtHostKey", tag = "agents",
    params(("id" = i64, Path, example = 2)), request_body = SshPlace,
    responses((status = 200, body = HostKeyShown), (status = "4XX", body = ErrorBody)))]
async fn look_at_host_key(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshPlace>,
) -> ApiResult<Json<HostKeyShown>> {
    let row = elsewhere(&state, id).await?;
    audit.object(id, &row.name).detail(body.address.clone());
    let seen = state.work.look_at_host_key(id, &body.address, body.port.unwrap_or(SSH_PORT)).await?;
    let key = HostKey { fingerprint: seen.shown.fingerprint, kind: seen.shown.kind };
    Ok(Json(HostKeyShown { key, state: seen.state, accepted: seen.accepted }))
}

/// Forgets the accepted host key of a machine that was installed anew: the next one can be accepted.
#[utoipa::path(delete, path = "/api/servers/{id}/ssh/host-key", operation_id = "servers.forgetHostKey", tag = "agents",
    params(("id" = i64, Path, example = 2)), responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn forget_host_key(
    State(state): State<AppState>,
    audit: Audit,
    PathId(id): PathId<ServerId>,
) -> ApiResult<StatusCode> {
    let row = elsewhere(&state, id).await?;
    audit.object(id, &row.name);
    let mut tx = state.catalog.begin().await?;
    tx.forget_host_key(id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Installs the agent over SSH and waits for its call. What fails is taken back: nothing is left half installed.
#[utoipa::path(post, path = "/api/servers/{id}/agent/install", operation_id = "servers.installAgent", tag = "agents",
    params(("id" = i64, Path, example = 2)), request_body = SshLogin,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn install(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshLogin>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    enqueue(&state, &caller, &audit, (JobKind::AgentInstall, id), body).await
}

/// Exchanges the agent's program for the one that this server has. One that does not call back is taken back.
#[utoipa::path(post, path = "/api/servers/{id}/agent/upgrade", operation_id = "servers.upgradeAgent", tag = "agents",
    params(("id" = i64, Path, example = 2)), request_body = SshLogin,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn upgrade(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshLogin>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    enqueue(&state, &caller, &audit, (JobKind::AgentUpgrade, id), body).await
}

/// Starts the agent's service anew, and waits for its call.
#[utoipa::path(post, path = "/api/servers/{id}/agent/restart", operation_id = "servers.restartAgent", tag = "agents",
    params(("id" = i64, Path, example = 2)), request_body = SshLogin,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn restart(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshLogin>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    enqueue(&state, &caller, &audit, (JobKind::AgentRestart, id), body).await
}

/// Takes the agent's key away and removes the agent from its machine. The server, its plans and its backups stay.
#[utoipa::path(post, path = "/api/servers/{id}/agent/uninstall", operation_id = "servers.uninstallAgent",
    tag = "agents", params(("id" = i64, Path, example = 2)), request_body = SshLogin,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn uninstall(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshLogin>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    enqueue(&state, &caller, &audit, (JobKind::AgentUninstall, id), body).await
}

/// Reads the last lines of the journal of the agent's service into the log of a job.
#[utoipa::path(post, path = "/api/servers/{id}/agent/journal", operation_id = "servers.readAgentJournal",
    tag = "agents", params(("id" = i64, Path, example = 2)), request_body = SshLogin,
    responses((status = 202, body = Accepted), (status = "4XX", body = ErrorBody)))]
async fn journal(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<SshLogin>,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    enqueue(&state, &caller, &audit, (JobKind::AgentJournal, id), body).await
}

async fn enqueue(
    state: &AppState,
    caller: &Caller,
    audit: &Audit,
    (kind, id): (JobKind, ServerId),
    body: SshLogin,
) -> ApiResult<(StatusCode, Json<Accepted>)> {
    let row = elsewhere(state, id).await?;
    audit.object(id, &row.name).detail(format!("{}@{}", body.user, body.address));
    // An empty field of a form says nothing.
    let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretText::new);
    let login = deploy::SshLogin {
        address: check::line("address", &body.address, 255)?,
        port: body.port.unwrap_or(SSH_PORT),
        user: check::line("user", &body.user, 64)?,
        method: body.method,
        password: secret(body.password),
        private_key: secret(body.private_key),
        passphrase: secret(body.passphrase),
        sudo_password: secret(body.sudo_password),
        host_key: body.host_key.map(|key| deploy::HostKey { fingerprint: key.fingerprint, kind: key.kind }),
    };
    let home = Home { server_url: state.public_url(), certificate: tls::own_fingerprint(&state.settings) };
    let job = state.work.enqueue_agent_job(kind, id, login, home, Some(caller.user)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { job_id: job.get(), run_id: None })))
}
