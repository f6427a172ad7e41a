//! The dashboard: one answer first, every figure from the catalog.

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{PageRequest, PlanFilter, PoolRow, RepositoryRow, RunFilter};
use rempart_model as model;
use rempart_model::{Permission, PlanId, ServerId};
use utoipa_axum::routes;

use super::alerts;
use super::plans::view;
use super::shown::{self, ServerNames};
use super::types::{
    Alert, Dashboard, ErrorBody, Language, Plan, Protection, ProtectionCounts, Severity, StoragePoint, StorageUse,
};
use crate::http::errors::ApiResult;
use crate::http::routes::Routes;
use crate::state::AppState;

pub fn routes() -> Routes {
    Routes::new().needs(Permission::Read, routes!(dashboard))
}

/// Plans that are looked at. Whoever has more sees the first by name in full, and the lists for the rest.
const PLANS: u32 = 500;
const RECENT: u32 = 10;
/// Of a pool's growth.
const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Less than this part of a pool free is worth an alert.
const NEARLY_FULL: u64 = 10;

/// Are we protected?
#[utoipa::path(get, path = "/api/dashboard", operation_id = "dashboard.read", tag = "dashboard",
    responses((status = 200, body = Dashboard), (status = "4XX", body = ErrorBody)))]
async fn dashboard(State(state): State<AppState>, language: Language) -> ApiResult<Json<Dashboard>> {
    let now = Timestamp::now();
    let catalog = &state.catalog;
    let rows = catalog.plans(&PlanFilter::default(), &PageRequest::first(PLANS)).await?.items;
    let plans = view::plans(&state, &rows, language, now).await?;
    let ids: Vec<PlanId> = rows.iter().map(|row| row.id).collect();
    let active = RunFilter { states: vec![model::RunState::Queued, model::RunState::Running], ..RunFilter::default() };
    let running = catalog.runs(&active, &PageRequest::first(50)).await?.items;
    let recent = catalog.runs(&RunFilter::default(), &PageRequest::first(RECENT)).await?.items;
    let ran: Vec<ServerId> = running.iter().chain(&recent).map(|run| run.server_id).collect();
    let names = ServerNames::of_all(catalog, &ran).await?;
    let repositories = catalog.all_repositories().await?;
    let pools = catalog.all_pools().await?;
    let verified = catalog.verifications(&ids).await?;
    let all_verified = verified.iter().all(|point| point.verified_at.is_some());
    let overviews = catalog.plan_overviews(&ids).await?;
    let standing = alerts::standing(&state, language).await?;
    Ok(Json(Dashboard {
        protection: worst(&plans),
        counts: counts(&plans),
        last_success_at: plans.iter().filter_map(|plan| plan.last_success_at).max(),
        next_run_at: plans.iter().filter_map(|plan| plan.next_run_at).min(),
        oldest_verification_at: verified.iter().filter_map(|point| point.verified_at).min().filter(|_| all_verified),
        alerts: alerts(&plans, &pools, &repositories, standing, language),
        storage: storage(&state, &pools, now).await?,
        snapshot_count: repositories.iter().map(|repository| repository.snapshot_count).sum(),
        stored_bytes: repositories.iter().map(|repository| repository.stored_bytes).sum(),
        protected_bytes: overviews
            .values()
            .filter_map(|overview| overview.last_success.as_ref())
            .map(|run| run.counters.bytes_total)
            .sum(),
        running: running.into_iter().map(|row| shown::run(row, &names, language)).collect(),
        recent: recent.into_iter().map(|row| shown::run(row, &names, language)).collect(),
        plans,
    }))
}

/// From the best to the worst; the order of `policy`.
fn rank(protection: Protection) -> u8 {
    match protection {
        Protection::Paused => 0,
        Protection::Protected => 1,
        Protection::Warning => 2,
        Protection::Never => 3,
        Protection::Overdue => 4,
        Protection::Failed => 5,
    }
}

fn worst(plans: &[Plan]) -> Option<Protection> {
    plans.iter().map(|plan| plan.protection).max_by_key(|protection| rank(*protection))
}

fn counts(plans: &[Plan]) -> ProtectionCounts {
    let mut counts = ProtectionCounts::default();
    for plan in plans {
        *match plan.protection {
            Protection::Protected => &mut counts.protected,
            Protection::Warning => &mut counts.warning,
            Protection::Failed => &mut counts.failed,
            Protection::Overdue => &mut counts.overdue,
            Protection::Never => &mut counts.never,
            Protection::Paused => &mut counts.paused,
        } += 1;
    }
    counts
}

/// Each pool with one measurement a day: the last of the day.
async fn storage(state: &AppState, pools: &[PoolRow], now: Timestamp) -> ApiResult<Vec<StorageUse>> {
    let since = now.checked_sub(HISTORY).unwrap_or(now);
    let zone = state.time_zone();
    let mut storage = Vec::with_capacity(pools.len());
    for pool in pools {
        let mut history: Vec<StoragePoint> = Vec::new();
        let mut day = None;
        for sample in state.catalog.pool_samples(pool.id, since).await? {
            let date = sample.at.to_zoned(zone.clone()).date();
            if day == Some(date) {
                history.pop();
            }
            day = Some(date);
            history.push(StoragePoint { at: sample.at, used_bytes: sample.used_bytes });
        }
        storage.push(StorageUse {
            pool_id: pool.id.get(),
            pool_name: pool.name.clone(),
            used_bytes: pool.used_bytes,
            capacity_bytes: pool.capacity_bytes,
            free_bytes: pool.free_bytes,
            history,
        });
    }
    Ok(storage)
}

/// What somebody should look at, the worst first.
fn alerts(
    plans: &[Plan],
    pools: &[PoolRow],
    repositories: &[RepositoryRow],
    standing: Vec<Alert>,
    language: Language,
) -> Vec<Alert> {
    let mut alerts = standing;
    let mut alert = |severity, code: &str, french: String, english: String, link: String| {
        let message = match language {
            Language::Fr => french,
            Language::En => english,
        };
        alerts.push(Alert { severity, code: code.to_owned(), message, link: Some(link) });
    };
    for plan in plans {
        let (name, link) = (&plan.plan.name, format!("/plans/{}", plan.id));
        match plan.protection {
            Protection::Failed => alert(
                Severity::Critical,
                "plan.failed",
                format!("La dernière exécution de « {name} » a échoué."),
                format!("The last run of “{name}” failed."),
                plan.last_run.as_ref().map_or(link, |run| format!("/runs/{}", run.id)),
            ),
            Protection::Overdue => alert(
                Severity::Critical,
                "plan.overdue",
                format!("« {name} » est en retard : une exécution prévue n'a pas eu lieu."),
                format!("“{name}” is overdue: a run that was due did not happen."),
                link,
            ),
            Protection::Protected | Protection::Warning | Protection::Never | Protection::Paused => {}
        }
    }
    for pool in pools {
        let (name, link) = (&pool.name, format!("/pools/{}", pool.id));
        if pool.state == model::PoolState::Unreachable {
            alert(
                Severity::Critical,
                "pool.unreachable",
                format!("Le pool « {name} » ne répond pas."),
                format!("The pool “{name}” does not answer."),
                link.clone(),
            );
        }
        let nearly_full = pool
            .capacity_bytes
            .zip(pool.free_bytes)
            .is_some_and(|(capacity, free)| capacity > 0 && free < capacity / NEARLY_FULL);
        if nearly_full {
            alert(
                Severity::Warning,
                "pool.nearly_full",
                format!("Le pool « {name} » est presque plein."),
                format!("The pool “{name}” is nearly full."),
                link,
            );
        }
    }
    for repository in repositories {
        let (path, link) = (&repository.path, format!("/repositories/{}", repository.id));
        if repository.check_ok == Some(false) {
            alert(
                Severity::Critical,
                "repository.damaged",
                format!("La dernière vérification du dépôt « {path} » a trouvé des dommages."),
                format!("The last check of the repository “{path}” found damage."),
                link.clone(),
            );
        }
        if repository.kit_confirmed_at.is_none() {
            alert(
                Severity::Warning,
                "repository.kit_unconfirmed",
                format!(
                    "Le kit de secours du dépôt « {path} » n'a pas été confirmé : sans lui, ce serveur perdu emporte les sauvegardes."
                ),
                format!(
                    "The recovery kit of the repository “{path}” was not confirmed: without it, losing this server loses the backups."
                ),
                link,
            );
        }
    }
    alerts.sort_by_key(|alert| match alert.severity {
        Severity::Critical => 0,
        Severity::Warning => 1,
        Severity::Info => 2,
    });
    alerts
}
