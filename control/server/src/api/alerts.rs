//! Alerts in words: for the dashboard and for the pages of what they are about.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rempart_catalog::AlertRow;
use rempart_model::{AlertKind, AlertSubject, ServerId};

use super::types::{Alert, Language, ServerAlert, Severity};
use crate::http::errors::ApiResult;
use crate::state::AppState;

/// More is no glance.
const MOST: u32 = 100;

/// A disk above this, or that will be full before so many days, waits for nobody.
const CRITICAL_PERCENT: f64 = 98.0;
const CRITICAL_DAYS: i64 = 3;

/// Those that stand, for the dashboard.
pub async fn standing(state: &AppState, language: Language) -> ApiResult<Vec<Alert>> {
    let rows = state.catalog.standing_alerts(MOST).await?;
    let servers: Vec<ServerId> = rows.iter().map(|row| ServerId::new(row.subject_id)).collect();
    let names = state.catalog.server_names(&servers).await?;
    let zone = state.time_zone();
    let alert = |row: AlertRow| {
        let AlertSubject::Server = row.subject;
        let name = names.get(&ServerId::new(row.subject_id))?;
        Some(Alert {
            severity: severity(&row),
            code: format!("server.{}", row.kind),
            message: message(&row, name, language, &zone),
            link: Some(format!("/servers/{}", row.subject_id)),
        })
    };
    Ok(rows.into_iter().filter_map(alert).collect())
}

/// One of a server's.
#[must_use]
pub fn shown(row: AlertRow, server: &str, language: Language, zone: &TimeZone) -> ServerAlert {
    ServerAlert {
        id: row.id,
        kind: row.kind,
        severity: severity(&row),
        message: message(&row, server, language, zone),
        mount_point: Some(row.detail).filter(|detail| !detail.is_empty()),
        since: row.since,
        until: row.until,
    }
}

fn severity(row: &AlertRow) -> Severity {
    let is_critical = match row.kind {
        AlertKind::Cpu | AlertKind::Memory => false,
        AlertKind::Disk => percent(row) >= CRITICAL_PERCENT,
        AlertKind::DiskFullSoon => {
            let days = full_at(row).map(|at| at.duration_since(Timestamp::now()).as_hours() / 24);
            days.is_some_and(|days| days < CRITICAL_DAYS)
        }
    };
    if is_critical { Severity::Critical } else { Severity::Warning }
}

fn percent(row: &AlertRow) -> f64 {
    row.facts["percent"].as_f64().unwrap_or_default()
}

fn full_at(row: &AlertRow) -> Option<Timestamp> {
    row.facts["fullAt"].as_str()?.parse().ok()
}

fn message(row: &AlertRow, server: &str, language: Language, zone: &TimeZone) -> String {
    // What is not full is not shown as full.
    let (percent, threshold) = (percent(row).floor(), &row.facts["threshold"]);
    let mount = &row.detail;
    let date = |format: &str| {
        full_at(row).map_or_else(|| "?".to_owned(), |at| at.to_zoned(zone.clone()).strftime(format).to_string())
    };
    match (row.kind, language) {
        (AlertKind::Cpu, Language::Fr) => {
            format!("Le processeur de « {server} » reste occupé à {percent} % (seuil : {threshold} %).")
        }
        (AlertKind::Cpu, Language::En) => {
            format!("The processor of “{server}” stays busy at {percent} % (threshold: {threshold} %).")
        }
        (AlertKind::Memory, Language::Fr) => {
            format!("La mémoire de « {server} » reste utilisée à {percent} % (seuil : {threshold} %).")
        }
        (AlertKind::Memory, Language::En) => {
            format!("The memory of “{server}” stays in use at {percent} % (threshold: {threshold} %).")
        }
        (AlertKind::Disk, Language::Fr) => {
            format!("{mount} de « {server} » est plein à {percent} % (seuil : {threshold} %).")
        }
        (AlertKind::Disk, Language::En) => {
            format!("{mount} of “{server}” is {percent} % full (threshold: {threshold} %).")
        }
        (AlertKind::DiskFullSoon, Language::Fr) => {
            format!("À ce rythme, {mount} de « {server} » sera plein le {}.", date("%d/%m/%Y"))
        }
        (AlertKind::DiskFullSoon, Language::En) => {
            format!("At this rate, {mount} of “{server}” will be full on {}.", date("%-d %B %Y"))
        }
    }
}
