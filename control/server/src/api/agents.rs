//! Agents: enrolled by a token, recognised by their key.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{AgentRow, ServerRow};
use rempart_model::{AgentLimits, Permission, ServerId};
use rempart_policy::{Bandwidth, BandwidthError, LEAST_BYTES_PER_SECOND, MOST_HOUR_LIMITS};
use rempart_work::Trouble;
use rempart_work::trouble::table;
use utoipa_axum::routes;

use super::types::{Agent, Connection, Enrolment, EnrolmentCreate, ErrorBody, Server};
use crate::http::audit::Audit;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::errors::{ApiError, ApiResult, codes};
use crate::http::path::PathId;
use crate::http::routes::Routes;
use crate::state::AppState;
use crate::tls;

/// How long a token is good, if nobody says otherwise, and at most.
const HOURS: u32 = 24;
const MOST_HOURS: u32 = 720;

pub fn routes() -> Routes {
    Routes::new().needs(Permission::ManageServers, routes!(enrol)).needs(Permission::ManageServers, routes!(revoke))
}

/// An agent, beside what this server has to give.
pub struct KnownAgent {
    row: AgentRow,
    upgrade_available: bool,
}

/// A server with its agent.
#[must_use]
pub fn shown(row: ServerRow, agent: Option<&KnownAgent>) -> Server {
    let is_local = row.is_local;
    let mut server = Server::from(row);
    let Some(KnownAgent { row: agent, upgrade_available }) = agent.filter(|_| !is_local) else { return server };
    server.connection = match (&agent.process, server.last_seen_at) {
        (Some(_), _) => Connection::Online,
        (None, Some(_)) => Connection::Offline,
        (None, None) => Connection::NeverSeen,
    };
    server.agent = Some(Agent {
        enrolled: agent.public_key.is_some(),
        enrolled_at: agent.enrolled_at,
        version: agent.agent_version.clone(),
        upgrade_available: *upgrade_available,
        kernel: agent.kernel.clone(),
        architecture: agent.arch.clone(),
        addresses: agent.addresses.clone(),
        connected_at: agent.connected_at,
        round_trip_ms: agent.round_trip_us.filter(|_| agent.process.is_some()).map(|us| us as f64 / 1000.0),
        limits: agent.limits.clone(),
    });
    server
}

/// Of each of these servers that has one.
pub async fn agents_of(state: &AppState, servers: &[ServerRow]) -> ApiResult<HashMap<ServerId, KnownAgent>> {
    let ids: Vec<ServerId> = servers.iter().filter(|row| !row.is_local).map(|row| row.id).collect();
    let agents = state.catalog.agents_of(&ids).await?;
    let behind = state.work.agents_behind(&agents).await?;
    let known = |row: AgentRow| {
        let id = row.server_id;
        (id, KnownAgent { row, upgrade_available: behind.contains(&id) })
    };
    Ok(agents.into_iter().map(known).collect())
}

/// A server that is not this machine.
pub async fn elsewhere(state: &AppState, id: ServerId) -> ApiResult<ServerRow> {
    let row = state.catalog.server(id).await?;
    if row.is_local {
        return Err(Trouble::new(&table::SERVER_LOCAL).into());
    }
    Ok(row)
}

/// Whether limits can be kept to. Fields are those of a server.
pub fn check_limits(limits: &AgentLimits) -> ApiResult<()> {
    let refused = |error| match error {
        BandwidthError::TooLittle { .. } => {
            let kib = LEAST_BYTES_PER_SECOND >> 10;
            ApiError::new(&codes::LIMIT_TOO_LITTLE).with("kib", kib).field("limits.bytesPerSecond")
        }
        BandwidthError::Hours { from, until } => {
            ApiError::new(&codes::LIMIT_HOURS).with("from", from).with("until", until).field("limits.hours")
        }
        BandwidthError::TooMany { .. } => {
            ApiError::new(&codes::LIMIT_TOO_MANY).with("most", MOST_HOUR_LIMITS).field("limits.hours")
        }
        BandwidthError::TimeZone { name } => {
            ApiError::new(&codes::SCHEDULE_UNKNOWN_ZONE).with("zone", name).field("limits.timeZone")
        }
    };
    Bandwidth::parse(limits).map(drop).map_err(refused)
}

/// Makes a one-time token by which the server's agent enrols, with the command to paste. It is shown this once; one that was
/// made before and not used is no good any more.
#[utoipa::path(post, path = "/api/servers/{id}/enrolment", operation_id = "servers.enrol", tag = "servers",
    params(("id" = i64, Path, example = 2)), request_body = EnrolmentCreate,
    responses((status = 201, body = Enrolment), (status = "4XX", body = ErrorBody)))]
async fn enrol(
    State(state): State<AppState>,
    caller: Caller,
    audit: Audit,
    PathId(id): PathId<ServerId>,
    Body(body): Body<EnrolmentCreate>,
) -> ApiResult<(StatusCode, Json<Enrolment>)> {
    let row = elsewhere(&state, id).await?;
    let hours = body.hours.unwrap_or(HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(ApiError::new(&codes::ENROLMENT_HOURS).with("most", MOST_HOURS).field("hours"));
    }
    audit.object(id, &row.name).detail(format!("{hours} h"));
    let valid = SignedDuration::from_hours(hours.into());
    let (token, expires_at) = state.work.make_enrolment(id, valid, Some(caller.user)).await?;
    let server_key = state.work.agent_identity().await?.public().to_string();
    let (token, server_url) = (token.reveal(), state.public_url());
    let certificate = tls::own_fingerprint(&state.settings);
    let pin = certificate.as_ref().map(|pin| format!(" --certificate {pin}")).unwrap_or_default();
    // The token by the environment: other users of a machine see the arguments of its programs.
    let command = format!(
        "REMPART_AGENT_TOKEN={token} rempart-agent enrol --server {server_url} --server-key {server_key}{pin} && \
         rempart-agent run"
    );
    Ok((StatusCode::CREATED, Json(Enrolment { token, expires_at, server_url, server_key, certificate, command })))
}

/// Takes the agent's key away: its channel and its sessions end at once. It comes back with a new token only.
#[utoipa::path(post, path = "/api/servers/{id}/revoke", operation_id = "servers.revoke", tag = "servers",
    params(("id" = i64, Path, example = 2)), responses((status = 204), (status = "4XX", body = ErrorBody)))]
async fn revoke(State(state): State<AppState>, audit: Audit, PathId(id): PathId<ServerId>) -> ApiResult<StatusCode> {
    let row = elsewhere(&state, id).await?;
    audit.object(id, &row.name);
    let mut tx = state.catalog.begin().await?;
    tx.revoke_agent_key(id, Timestamp::now()).await?;
    tx.commit().await?;
    state.work.agents.revoked(id);
    Ok(StatusCode::NO_CONTENT)
}
