//! Plans as lists and the dashboard show them: with their protection and the strip of their last days.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rempart_catalog::{PlanOverview, PlanRow, RunTally};
use rempart_model::{PlanId, RepoId, ServerId};
use rempart_policy::{LastRun, ProtectionFacts, protection};

use crate::api::shown::{self, ServerNames};
use crate::api::types::{Language, Plan, PlanWrite, Protection, RunState, StripDay};
use crate::http::errors::ApiResult;
use crate::state::AppState;

/// How many days a strip has, today included.
pub const STRIP_DAYS: i32 = 30;

/// One plan.
pub async fn plan(state: &AppState, row: PlanRow, language: Language) -> ApiResult<Plan> {
    let mut plans = plans(state, std::slice::from_ref(&row), language, Timestamp::now()).await?;
    plans.pop().ok_or_else(crate::http::errors::ApiError::not_found)
}

/// Several at once, for the price of a few statements.
pub async fn plans(state: &AppState, rows: &[PlanRow], language: Language, now: Timestamp) -> ApiResult<Vec<Plan>> {
    let ids: Vec<PlanId> = rows.iter().map(|row| row.id).collect();
    let repositories: Vec<RepoId> = rows.iter().map(|row| row.repository_id).collect();
    let repositories = state.catalog.repository_paths(&repositories).await?;
    let mut overviews = state.catalog.plan_overviews(&ids).await?;
    // A plan may have moved from one server to another since it ran.
    let ran = overviews.values().flat_map(|overview| [&overview.active, &overview.last]).flatten();
    let servers: Vec<ServerId> = rows.iter().map(|row| row.server_id).chain(ran.map(|run| run.server_id)).collect();
    let names = ServerNames::of_all(&state.catalog, &servers).await?;
    let days = Days::ending(now, state.time_zone());
    let tallies = state.catalog.run_tallies(&ids, days.from).await?;
    let shown = rows.iter().map(|row| {
        let overview = overviews.remove(&row.id).unwrap_or_default();
        Plan {
            id: row.id.get(),
            server_name: names.of(row.server_id),
            repository_name: repositories.get(&row.repository_id).cloned().unwrap_or_default(),
            protection: protection_of(row, &overview, now).into(),
            last_success_at: overview.last_success.as_ref().and_then(|run| run.ended_at),
            next_run_at: row.next_fire_at.filter(|_| row.enabled),
            strip: days.strip(tallies.iter().filter(|tally| tally.plan_id == row.id)),
            created_at: row.created_at,
            version: row.version,
            last_run: overview.active.or(overview.last).map(|run| shown::run(run, &names, language)),
            plan: words(row),
        }
    });
    Ok(shown.collect())
}

pub fn protection_of(row: &PlanRow, overview: &PlanOverview, now: Timestamp) -> rempart_policy::Protection {
    let last_run = overview.last.as_ref().and_then(|run| match run.state {
        RunState::Succeeded => Some(LastRun::Succeeded),
        RunState::Warning => Some(LastRun::Warning),
        RunState::Failed => Some(LastRun::Failed),
        RunState::Canceled => Some(LastRun::Canceled),
        RunState::Missed => Some(LastRun::Missed),
        RunState::Queued | RunState::Running => None,
    });
    let active = |state| overview.active.as_ref().filter(|run| run.state == state);
    let facts = ProtectionFacts {
        enabled: row.enabled,
        next_fire_at: row.next_fire_at,
        queued_since: active(RunState::Queued).map(|run| run.queued_at),
        running: active(RunState::Running).is_some(),
        last_run,
    };
    protection(&facts, now)
}

impl From<rempart_policy::Protection> for Protection {
    fn from(protection: rempart_policy::Protection) -> Self {
        match protection {
            rempart_policy::Protection::Paused => Self::Paused,
            rempart_policy::Protection::Protected => Self::Protected,
            rempart_policy::Protection::Warning => Self::Warning,
            rempart_policy::Protection::Never => Self::Never,
            rempart_policy::Protection::Overdue => Self::Overdue,
            rempart_policy::Protection::Failed => Self::Failed,
        }
    }
}

/// The plan as it was written.
fn words(row: &PlanRow) -> PlanWrite {
    let spec = &row.spec;
    PlanWrite {
        name: row.name.clone(),
        server_id: row.server_id.get(),
        repository_id: row.repository_id.get(),
        enabled: row.enabled,
        sources: spec.sources.clone(),
        schedule: spec.schedule.clone(),
        retention: spec.retention.clone(),
        compression: spec.compression,
        tags: spec.tags.clone(),
        priority: spec.priority,
        max_retries: spec.max_retries,
        verify_after_run: spec.verify_after_run,
    }
}

/// The days of a strip, in the server's time zone.
struct Days {
    zone: TimeZone,
    dates: Vec<Date>,
    /// The first moment of the first.
    from: Timestamp,
}

impl Days {
    fn ending(now: Timestamp, zone: TimeZone) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        let dates: Vec<Date> = (0..STRIP_DAYS)
            .rev()
            .map(|back| today.checked_sub(jiff::Span::new().days(back)).unwrap_or(today))
            .collect();
        let from = dates[0].to_zoned(zone.clone()).map_or_else(
            |_| now.checked_sub(SignedDuration::from_hours(24 * i64::from(STRIP_DAYS))).unwrap_or(now),
            |first| first.timestamp(),
        );
        Self { zone, dates, from }
    }

    /// For each day the worst outcome and how many runs there were.
    fn strip<'a>(&self, tallies: impl Iterator<Item = &'a RunTally>) -> Vec<StripDay> {
        let mut days: BTreeMap<Date, (Option<RunState>, u32)> = BTreeMap::new();
        for tally in tallies {
            let day = days.entry(tally.from.to_zoned(self.zone.clone()).date()).or_default();
            let state = tally.state;
            day.0 =
                day.0.map_or(Some(state), |worst| Some(if badness(state) > badness(worst) { state } else { worst }));
            day.1 = day.1.saturating_add(tally.runs);
        }
        let show = |date: &Date| {
            let (state, runs) = days.get(date).copied().unwrap_or_default();
            StripDay { date: date.to_string(), state, runs }
        };
        self.dates.iter().map(show).collect()
    }
}

/// What a day's colour says: a failure is not hidden by a later success, nor by what still goes on.
fn badness(state: RunState) -> u8 {
    match state {
        RunState::Succeeded => 0,
        RunState::Canceled => 1,
        RunState::Queued => 2,
        RunState::Running => 3,
        RunState::Warning => 4,
        RunState::Missed => 5,
        RunState::Failed => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(from: &str, state: RunState, runs: u32) -> RunTally {
        RunTally { plan_id: PlanId::new(1), from: from.parse().unwrap(), state, runs }
    }

    #[test]
    fn a_strip_has_thirty_days_of_the_servers_zone_and_shows_the_worst_of_each() {
        // Given runs around midnight in Paris, on both sides of the night on which clocks go forward.
        let days = Days::ending("2026-03-30T10:00:00Z".parse().unwrap(), TimeZone::get("Europe/Paris").unwrap());
        let tallies = [
            tally("2026-03-28T22:45:00Z", RunState::Succeeded, 1),
            tally("2026-03-28T23:00:00Z", RunState::Failed, 1),
            tally("2026-03-29T02:00:00Z", RunState::Succeeded, 3),
            tally("2026-03-29T22:00:00Z", RunState::Running, 1),
        ];
        let strip = days.strip(tallies.iter());
        assert_eq!(strip.len(), 30);
        assert_eq!((strip[0].date.as_str(), strip[29].date.as_str()), ("2026-03-01", "2026-03-30"));
        let day = |at: usize| (strip[at].state, strip[at].runs);
        assert_eq!(day(26), (None, 0));
        assert_eq!(day(27), (Some(RunState::Succeeded), 1));
        assert_eq!(day(28), (Some(RunState::Failed), 4));
        assert_eq!(day(29), (Some(RunState::Running), 1));
    }
}
