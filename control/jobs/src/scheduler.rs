//! The tick that fires plans. Any number of processes may tick at once: a fire time's run exists once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rempart_model::{Missed, RunOrigin};
use rempart_policy::{Schedule, ScheduleError};
use tokio_util::sync::CancellationToken;

use crate::clock::later;
use crate::worker::chain;
use crate::{Clock, Fired, Origin, PlanToRun, RunStore, StoreError, start_run};

/// A fire time that is dealt with later than this was missed: no server ran, or none got to it.
pub const GRACE: Duration = Duration::from_secs(60);
/// How many missed fire times of one plan are reported one by one; of more, the newest.
pub const MISSED_LIMIT: usize = 100;
/// Plans that one turn deals with before it looks again.
const BATCH: u32 = 100;
/// The longest wait between two looks: plans that another process changed are seen by then.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ticked {
    pub fired: u32,
    pub caught_up: u32,
    pub missed: u32,
}

/// What is to be done about a plan that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet: its next fire time is written down.
    Wait,
    Fire(Timestamp),
    /// Late. One run for all that was missed, in the name of the newest.
    CatchUp(Timestamp),
    /// Late. Each is reported; the newest is fired where it is not late itself.
    Report {
        missed: Vec<Timestamp>,
        fire: Option<Timestamp>,
    },
}

/// Decides about one plan: pure, so that a simulated year takes a moment.
#[must_use]
pub fn decide(schedule: &Schedule, scheduled_from: Timestamp, now: Timestamp) -> (Due, Fired) {
    let mut due: Vec<Timestamp> = Vec::new();
    for at in schedule.after(scheduled_from).take_while(|at| *at <= now) {
        if due.len() > MISSED_LIMIT {
            due.remove(0);
        }
        due.push(at);
    }
    let through = due.last().copied().unwrap_or(scheduled_from);
    let fired = Fired { through, next_fire_at: schedule.next_after(through.max(now)) };
    let Some(newest) = due.pop() else { return (Due::Wait, fired) };
    let is_late = |at: Timestamp| later(at, GRACE) < now;
    let what = match schedule.missed() {
        Missed::CatchUp if due.is_empty() && !is_late(newest) => Due::Fire(newest),
        Missed::CatchUp => Due::CatchUp(newest),
        Missed::Report if is_late(newest) => {
            due.push(newest);
            Due::Report { missed: due, fire: None }
        }
        Missed::Report if due.is_empty() => Due::Fire(newest),
        Missed::Report => Due::Report { missed: due, fire: Some(newest) },
    };
    (what, fired)
}

/// The scheduler of one process.
pub struct Scheduler {
    pub store: Arc<dyn RunStore>,
    pub clock: Arc<dyn Clock>,
}

impl Scheduler {
    /// Ticks until it is canceled: 1. what is due is fired; 2. it waits for the next fire time, a changed plan, or half a
    /// minute.
    pub async fn run(&self, end: CancellationToken) {
        let mut wakes = self.store.plan_wakes();
        while !end.is_cancelled() {
            wakes.mark_unchanged();
            if let Err(error) = self.tick().await {
                tracing::warn!("the scheduler cannot look for plans: {}", chain(&error));
            }
            let latest = later(self.clock.now(), LONGEST_WAIT);
            let next = self.store.next_fire_at().await.ok().flatten().map_or(latest, |next| next.min(latest));
            tokio::select! {
                () = end.cancelled() => {}
                _ = wakes.changed() => {}
                () = self.clock.sleep_until(next.max(later(self.clock.now(), Duration::from_millis(100)))) => {}
            }
        }
    }

    /// Deals with every plan that is due.
    pub async fn tick(&self) -> Result<Ticked, StoreError> {
        let mut ticked = Ticked::default();
        loop {
            let now = self.clock.now();
            let plans = self.store.due_plans(now, BATCH).await?;
            let is_last = plans.len() < BATCH as usize;
            for plan in plans {
                self.deal_with(plan, now, &mut ticked).await?;
            }
            if is_last {
                return Ok(ticked);
            }
        }
    }

    async fn deal_with(&self, plan: PlanToRun, now: Timestamp, ticked: &mut Ticked) -> Result<(), StoreError> {
        let (what, fired) = match plan.spec.schedule.as_ref().map(Schedule::parse) {
            Some(Ok(schedule)) => decide(&schedule, plan.scheduled_from, now),
            unreadable => {
                if let Some(Err(error)) = unreadable {
                    say_unreadable(&plan, &error);
                }
                (Due::Wait, Fired { through: now, next_fire_at: None })
            }
        };
        match what {
            Due::Wait => self.store.move_on(plan, fired, Vec::new(), now).await,
            Due::Fire(at) => {
                ticked.fired += self.fire(&plan, RunOrigin::Schedule, at, fired, now).await?;
                Ok(())
            }
            Due::CatchUp(at) => {
                ticked.caught_up += self.fire(&plan, RunOrigin::CatchUp, at, fired, now).await?;
                Ok(())
            }
            Due::Report { missed, fire } => {
                ticked.missed += missed.len() as u32;
                if let Some(at) = fire {
                    ticked.fired += self.fire(&plan, RunOrigin::Schedule, at, fired, now).await?;
                }
                self.store.move_on(plan, fired, missed, now).await
            }
        }
    }

    async fn fire(
        &self,
        plan: &PlanToRun,
        kind: RunOrigin,
        at: Timestamp,
        fired: Fired,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        match start_run(&*self.store, plan, Origin::schedule(kind, at), Some(fired), now).await? {
            Some(started) => {
                tracing::info!(plan = plan.id.get(), run = started.run_id.get(), "fired for {at}");
                Ok(1)
            }
            // Another process was faster, and has moved the plan on.
            None => Ok(0),
        }
    }
}

/// Cannot happen to a plan that was checked when it was written; after a change of the zones' rules it can.
fn say_unreadable(plan: &PlanToRun, error: &ScheduleError) {
    tracing::error!(plan = plan.id.get(), "the plan's schedule cannot be read any more, it will not fire: {error}");
}
