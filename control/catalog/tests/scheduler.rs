//! The scheduler over a real catalog, on both dialects and a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use rempart_catalog::{Catalog, NewPlan, PageRequest, PlanRow, RunFilter, RunRow, on_both_dialects};
use rempart_jobs::testing::FakeClock;
use rempart_jobs::{Clock, Origin, Scheduler, Ticked, start_run};
use rempart_model::{Missed, PlanSpec, RepoId, RunOrigin, RunState, ScheduleSpec, ServerId};

async fn plan(catalog: &Catalog, name: &str, cron: &str, missed: Missed, now: Timestamp) -> PlanRow {
    let schedule = ScheduleSpec { cron: cron.to_owned(), time_zone: "Europe/Paris".to_owned(), missed };
    let new = NewPlan {
        name: name.to_owned(),
        server_id: ServerId::new(1),
        repository_id: RepoId::new(1),
        spec: PlanSpec { schedule: Some(schedule), max_retries: 2, priority: 3, ..PlanSpec::default() },
        enabled: true,
    };
    let mut tx = catalog.begin().await.unwrap();
    let plan = tx.insert_plan(&new, now).await.unwrap();
    tx.commit().await.unwrap();
    plan
}

fn scheduler(catalog: &Catalog, clock: &FakeClock) -> Scheduler {
    Scheduler { store: Arc::new(catalog.job_store()), clock: Arc::new(clock.clone()) }
}

/// All runs, oldest first.
async fn runs(catalog: &Catalog) -> Vec<RunRow> {
    let mut found = Vec::new();
    let mut request = PageRequest::first(500);
    loop {
        let page = catalog.runs(&RunFilter::default(), &request).await.unwrap();
        found.extend(page.items);
        let Some(cursor) = page.next_cursor else { break };
        request.cursor = Some(cursor);
    }
    found.reverse();
    found
}

on_both_dialects! {
    async fn a_plan_fires_when_its_time_has_come_and_once(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let clock = FakeClock::at("2026-01-10T00:00:00Z");
        let plan = plan(&catalog, "Nightly", "0 2 * * *", Missed::CatchUp, clock.now()).await;
        assert_eq!(plan.next_fire_at, Some("2026-01-10T01:00:00Z".parse().unwrap()));
        let scheduler = scheduler(&catalog, &clock);
        assert_eq!(scheduler.tick().await.unwrap(), Ticked::default(), "its time has not come");

        clock.advance(Duration::from_secs(3600));
        assert_eq!(scheduler.tick().await.unwrap(), Ticked { fired: 1, ..Ticked::default() });
        assert_eq!(scheduler.tick().await.unwrap(), Ticked::default(), "it fired twice");
        let run = runs(&catalog).await.remove(0);
        assert_eq!((run.state, run.origin, run.fire_at), (RunState::Queued, RunOrigin::Schedule, plan.next_fire_at));
        let job = catalog.job(run.job_id.expect("a run has a job")).await.unwrap();
        assert_eq!((job.run_id, job.plan_id, job.repository_id), (Some(run.id), Some(plan.id), Some(RepoId::new(1))));
        assert_eq!((job.max_attempts, job.priority, job.server_id), (3, 3, Some(ServerId::new(1))));
        let moved = catalog.plan(plan.id).await.unwrap();
        assert_eq!(moved.next_fire_at, Some("2026-01-11T01:00:00Z".parse().unwrap()));
        assert_eq!(moved.version, plan.version, "firing is no change of the plan");
    }

    async fn run_now_makes_the_same_run_as_the_schedule(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let clock = FakeClock::at("2026-01-10T00:59:59Z");
        let plan = plan(&catalog, "Nightly", "0 2 * * *", Missed::CatchUp, clock.now()).await;
        let store = catalog.job_store();
        let origin = Origin::asked(RunOrigin::User, None);
        let asked = start_run(&store, &plan.to_run(), origin, None, clock.now()).await.unwrap().expect("a run");
        clock.advance(Duration::from_secs(1));
        scheduler(&catalog, &clock).tick().await.unwrap();

        let fired = runs(&catalog).await.remove(1);
        let (one, two) = (catalog.job(asked.job_id).await.unwrap(), catalog.job(fired.job_id.unwrap()).await.unwrap());
        let what = |job: &rempart_jobs::Job| {
            (job.kind, job.server_id, job.repository_id, job.plan_id, job.payload.clone(), job.max_attempts, job.access)
        };
        assert_eq!(what(&one), what(&two));
    }

    async fn times_missed_are_caught_up_once_or_reported_each(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let clock = FakeClock::at("2026-01-10T00:00:00Z");
        let catching = plan(&catalog, "Catches up", "0 2 * * *", Missed::CatchUp, clock.now()).await;
        let reporting = plan(&catalog, "Reports", "30 2 * * *", Missed::Report, clock.now()).await;
        // Down for three days and a bit.
        clock.advance(Duration::from_secs(3 * 86_400 + 7200));
        let ticked = scheduler(&catalog, &clock).tick().await.unwrap();
        assert_eq!(ticked, Ticked { fired: 0, caught_up: 1, missed: 4 });

        let runs = runs(&catalog).await;
        let caught: Vec<_> = runs.iter().filter(|run| run.plan_id == catching.id).collect();
        assert_eq!(caught.len(), 1);
        assert_eq!((caught[0].origin, caught[0].state), (RunOrigin::CatchUp, RunState::Queued));
        assert_eq!(caught[0].fire_at, Some("2026-01-13T01:00:00Z".parse().unwrap()), "in the name of the newest");
        let missed: Vec<_> = runs.iter().filter(|run| run.plan_id == reporting.id).collect();
        assert!(missed.iter().all(|run| run.state == RunState::Missed && run.job_id.is_none()));
        let times: Vec<_> = missed.iter().map(|run| run.fire_at.unwrap().to_string()).collect();
        let days = ["10", "11", "12", "13"].map(|day| format!("2026-01-{day}T01:30:00Z"));
        assert_eq!(times, days);

        // The next ones are on time.
        clock.set("2026-01-14T01:00:05Z".parse().unwrap());
        assert_eq!(scheduler(&catalog, &clock).tick().await.unwrap(), Ticked { fired: 1, ..Ticked::default() });
    }

    async fn a_changed_schedule_counts_from_its_change_and_a_new_name_changes_nothing(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let clock = FakeClock::at("2026-01-10T00:00:00Z");
        let first = plan(&catalog, "Nightly", "0 2 * * *", Missed::CatchUp, clock.now()).await;
        clock.advance(Duration::from_secs(2 * 86_400));
        let renamed = NewPlan {
            name: "Renamed".to_owned(),
            server_id: first.server_id,
            repository_id: first.repository_id,
            spec: first.spec.clone(),
            enabled: true,
        };
        let mut tx = catalog.begin().await.unwrap();
        let second = tx.update_plan(first.id, 1, &renamed, clock.now()).await.unwrap();
        assert_eq!(second.next_fire_at, first.next_fire_at, "what is due stays due");
        let off = NewPlan { enabled: false, ..renamed.clone() };
        let third = tx.update_plan(first.id, 2, &off, clock.now()).await.unwrap();
        assert_eq!(third.next_fire_at, None);
        let fourth = tx.update_plan(first.id, 3, &renamed, clock.now()).await.unwrap();
        assert_eq!(fourth.next_fire_at, Some("2026-01-12T01:00:00Z".parse().unwrap()), "nothing of while it was off");
        let mut wrong = renamed.clone();
        wrong.spec.schedule.as_mut().unwrap().cron = "0 0 31 2 *".to_owned();
        assert!(tx.update_plan(first.id, 4, &wrong, clock.now()).await.is_err(), "31 February was taken");
    }

    async fn two_schedulers_fire_each_time_once(scratch: Scratch) {
        let catalogs = [scratch.catalog().await, scratch.catalog().await];
        let clock = FakeClock::at("2026-01-10T00:00:00Z");
        for number in 0..5 {
            let missed = if number % 2 == 0 { Missed::CatchUp } else { Missed::Report };
            plan(&catalogs[0], &format!("Plan {number}"), "*/10 * * * *", missed, clock.now()).await;
        }
        let schedulers = catalogs.each_ref().map(|catalog| scheduler(catalog, &clock));
        let mut fired = 0;
        for _ in 0..12 {
            clock.advance(Duration::from_secs(600));
            let (one, two) = tokio::join!(schedulers[0].tick(), schedulers[1].tick());
            fired += one.unwrap().fired + two.unwrap().fired;
        }
        let runs = runs(&catalogs[0]).await;
        assert_eq!((fired, runs.len()), (60, 60));
        let mut keys: Vec<_> = runs.iter().map(|run| (run.plan_id, run.fire_at)).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 60, "a fire time has two runs");
        assert!(runs.iter().all(|run| run.state == RunState::Queued), "a time was fired and reported missed");
    }

    async fn a_year_fires_each_day_once(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        // 02:30 is missing on 29 March and comes twice on 25 October.
        let clock = FakeClock::at("2026-01-01T12:00:00Z");
        plan(&catalog, "Nightly", "30 2 * * *", Missed::Report, clock.now()).await;
        let scheduler = scheduler(&catalog, &clock);
        let end: Timestamp = "2027-01-01T12:00:00Z".parse().unwrap();
        while clock.now() < end {
            // A scheduler that sleeps until the next fire time, or six hours at most.
            let next = catalog.next_fire_at().await.unwrap().expect("it goes on");
            clock.set(next.min(clock.now() + 6.hours()));
            scheduler.tick().await.unwrap();
        }
        let runs = runs(&catalog).await;
        assert!(runs.iter().all(|run| run.state == RunState::Queued), "a time was missed");
        let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
        let days: Vec<_> = runs.iter().map(|run| zone.to_datetime(run.fire_at.unwrap()).date()).collect();
        assert_eq!(days.len(), 365);
        assert!(days.windows(2).all(|pair| pair[0].tomorrow().ok() == Some(pair[1])), "a day was skipped or fired twice");
    }
}
