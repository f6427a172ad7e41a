//! Figures of a machine, what can be done there, and what asked for a person.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{DiskSample, SampleSpan, ServerSample, Taken};
use rempart_model::{AlertSubject, Permission, ServerId};
use rempart_work::watch::EVERY;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::alerts;
use super::types::{
    DiskForecast, DiskHistory, DiskPoint, ErrorBody, HistoryRange, Language, ServerAlert, ServerCapabilities,
    ServerStats, StatsHistory, StatsPoint,
};
use crate::http::errors::{ApiError, ApiResult};
use crate::http::path::{PathId, Query};
use crate::http::routes::Routes;
use crate::state::AppState;

/// Alerts of one machine that are shown.
const ALERTS: u32 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .needs(Permission::Read, routes!(stats))
        .needs(Permission::ManageServers, routes!(collect_stats))
        .needs(Permission::Read, routes!(history))
        .needs(Permission::Read, routes!(capabilities))
        .needs(Permission::ManageServers, routes!(learn_capabilities))
        .needs(Permission::Read, routes!(alerts_of))
}

/// What the last look at the machine found: it is looked at every quarter of an hour while it is there.
#[utoipa::path(get, path = "/api/servers/{id}/stats", operation_id = "servers.stats", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = ServerStats), (status = "4XX", body = ErrorBody)))]
async fn stats(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Json<ServerStats>> {
    state.catalog.server(id).await?;
    let taken = state.catalog.server_stats(id).await?;
    shown(&state, id, taken).await.map(Json)
}

/// Looks at the machine now, and keeps what is found.
#[utoipa::path(post, path = "/api/servers/{id}/collect-stats", operation_id = "servers.collectStats", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = ServerStats), (status = "4XX", body = ErrorBody), (status = "5XX", body = ErrorBody)))]
async fn collect_stats(State(state): State<AppState>, PathId(id): PathId<ServerId>) -> ApiResult<Json<ServerStats>> {
    let row = state.catalog.server(id).await?;
    let taken = state.work.look_at_server(&row).await?;
    shown(&state, id, Some(taken)).await.map(Json)
}

async fn shown(state: &AppState, id: ServerId, taken: Option<Taken>) -> ApiResult<ServerStats> {
    let forecasts = state.work.disk_forecasts(id, Timestamp::now()).await?;
    Ok(ServerStats {
        taken_at: taken.as_ref().map(|taken| taken.at),
        figures: taken.map(|taken| read(taken.value)).transpose()?,
        forecasts: forecasts.into_iter().map(|(mount_point, full_at)| DiskForecast { mount_point, full_at }).collect(),
        thresholds: state.work.thresholds_of(id).await?.into(),
    })
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> ApiResult<T> {
    serde_json::from_value(value).map_err(ApiError::internal)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct HistoryQuery {
    /// How far back: `day`, `week`, `month` or `year`.
    #[param(example = "day", inline)]
    range: HistoryRange,
}

/// Figures over time: every look of the last day, means of hours of the last week or month, means of days of the last year.
#[utoipa::path(get, path = "/api/servers/{id}/stats/history", operation_id = "servers.statsHistory", tag = "servers",
    params(("id" = i64, Path, example = 1), HistoryQuery),
    responses((status = 200, body = StatsHistory), (status = "4XX", body = ErrorBody)))]
async fn history(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
    Query(query): Query<HistoryQuery>,
) -> ApiResult<Json<StatsHistory>> {
    state.catalog.server(id).await?;
    let (span, hours, step) = match query.range {
        HistoryRange::Day => (SampleSpan::Look, 24, EVERY.as_secs()),
        HistoryRange::Week => (SampleSpan::Hour, 7 * 24, SampleSpan::Hour.seconds()),
        HistoryRange::Month => (SampleSpan::Hour, 31 * 24, SampleSpan::Hour.seconds()),
        HistoryRange::Year => (SampleSpan::Day, 366 * 24, SampleSpan::Day.seconds()),
    };
    let until = Timestamp::now();
    let since = until.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(until);
    let points = state.catalog.server_samples(id, span, since).await?;
    let disks = state.catalog.server_disk_samples(id, span, since).await?;
    Ok(Json(StatsHistory {
        since,
        until,
        step_seconds: u32::try_from(step).unwrap_or(u32::MAX),
        points: points.into_iter().map(point).collect(),
        disks: by_disk(disks),
    }))
}

fn point(sample: ServerSample) -> StatsPoint {
    StatsPoint {
        at: sample.at,
        cpu_percent: sample.cpu_percent,
        cpu_peak_percent: sample.cpu_peak_percent,
        load: sample.load,
        memory_used_bytes: sample.memory_used_bytes,
        memory_total_bytes: sample.memory_total_bytes,
        swap_used_bytes: sample.swap_used_bytes,
        swap_total_bytes: sample.swap_total_bytes,
    }
}

fn by_disk(samples: Vec<DiskSample>) -> Vec<DiskHistory> {
    let mut disks = std::collections::BTreeMap::<String, Vec<DiskPoint>>::new();
    for DiskSample { at, mount_point, used_bytes, size_bytes } in samples {
        disks.entry(mount_point).or_default().push(DiskPoint { at, used_bytes, size_bytes });
    }
    disks.into_iter().map(|(mount_point, points)| DiskHistory { mount_point, points }).collect()
}

/// What can be done on the machine, as it was found out last: after its enrolment, or when somebody asked anew.
#[utoipa::path(get, path = "/api/servers/{id}/capabilities", operation_id = "servers.capabilities", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = ServerCapabilities), (status = "4XX", body = ErrorBody)))]
async fn capabilities(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
) -> ApiResult<Json<ServerCapabilities>> {
    state.catalog.server(id).await?;
    capable(state.catalog.server_capabilities(id).await?).map(Json)
}

/// Finds out anew what can be done on the machine. Takes a few seconds, and up to two minutes where something hangs.
#[utoipa::path(post, path = "/api/servers/{id}/capabilities", operation_id = "servers.learnCapabilities", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = ServerCapabilities), (status = "4XX", body = ErrorBody),
        (status = "5XX", body = ErrorBody)))]
async fn learn_capabilities(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
) -> ApiResult<Json<ServerCapabilities>> {
    let row = state.catalog.server(id).await?;
    capable(Some(state.work.learn_capabilities(&row).await?)).map(Json)
}

fn capable(taken: Option<Taken>) -> ApiResult<ServerCapabilities> {
    let taken_at = taken.as_ref().map(|taken| taken.at);
    Ok(ServerCapabilities { taken_at, found: taken.map(|taken| read(taken.value)).transpose()? })
}

/// What asked for a person on the machine: what stands first, then the newest; at most fifty.
#[utoipa::path(get, path = "/api/servers/{id}/alerts", operation_id = "servers.alerts", tag = "servers",
    params(("id" = i64, Path, example = 1)),
    responses((status = 200, body = Vec<ServerAlert>), (status = "4XX", body = ErrorBody)))]
async fn alerts_of(
    State(state): State<AppState>,
    PathId(id): PathId<ServerId>,
    language: Language,
) -> ApiResult<Json<Vec<ServerAlert>>> {
    let name = state.catalog.server(id).await?.name;
    let rows = state.catalog.alerts_of(AlertSubject::Server, id, ALERTS).await?;
    let zone = state.time_zone();
    Ok(Json(rows.into_iter().map(|row| alerts::shown(row, &name, language, &zone)).collect()))
}
