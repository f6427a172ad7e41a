//! What is kept and for how long: runs, problems, events, copies.

use std::time::Duration;

use jiff::Timestamp;
use rempart_catalog::{
    COPIES_KEPT, Catalog, CatalogUrl, Dialect, Event, Events, Keeping, PageRequest, Problem, RunFilter, Topic,
    on_both_dialects,
};
use rempart_jobs::testing::FakeClock;
use rempart_jobs::{
    Claim, Heartbeat, JobOutcome, JobStore, Leave, Leaving, Limits, Origin, PlanToRun, Started, start_run,
};
use rempart_model::{
    JobProgress, PlanId, PlanSpec, RepoId, RunCounters, RunId, RunOrigin, RunState, ServerId, SnapshotRowId,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn plan(id: i64) -> PlanToRun {
    PlanToRun {
        id: PlanId::new(id),
        name: format!("Plan {id}"),
        server_id: ServerId::new(1),
        repository_id: RepoId::new(id % 2 + 1),
        spec: PlanSpec::default(),
        enabled: true,
        version: 1,
        scheduled_from: at(0),
        next_fire_at: None,
    }
}

async fn begin(catalog: &Catalog, plan_id: i64, second: i64) -> Started {
    let store = catalog.job_store();
    let origin = Origin::asked(RunOrigin::User, None);
    start_run(&store, &plan(plan_id), origin, None, at(second)).await.unwrap().expect("a run")
}

/// Everything a reader gets, until it has what was asked for.
async fn read(reader: &mut rempart_catalog::EventReader, count: usize) -> Vec<Event> {
    let mut found = Vec::new();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while std::time::Instant::now() < deadline {
        match reader.read().await.unwrap() {
            Events::Next(events) => found.extend(events),
            Events::Reset => panic!("nothing was dropped"),
        }
        if found.len() >= count {
            return found;
        }
        reader.wait().await;
    }
    panic!("{} of {count} events came", found.len());
}

on_both_dialects! {
    async fn a_run_follows_its_job(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let store = catalog.job_store();
        let Started { run_id, job_id } = begin(&catalog, 1, 0).await;
        let run = async || catalog.run(run_id).await.unwrap();
        assert_eq!((run().await.state, run().await.job_id), (RunState::Queued, Some(job_id)));

        let claim = Claim { worker: "w1".into(), limits: Limits::default(), lease: Duration::from_secs(20), now: at(1) };
        let job = store.claim(claim).await.unwrap().expect("it waits");
        assert!(store.start(job.lease(), at(10)).await.unwrap());
        let counters = RunCounters { bytes_done: 5000, files_done: 3, ..RunCounters::default() };
        let progress = JobProgress { counters: counters.clone(), rate_bytes_per_second: 77, ..JobProgress::default() };
        let beat = Heartbeat {
            lease: job.lease(), now: at(11), lease_until: at(31), progress: Some(progress), log: Vec::new(),
        };
        store.heartbeat(beat).await.unwrap();
        let running = run().await;
        assert_eq!((running.state, running.started_at, running.attempt), (RunState::Running, Some(at(10)), 1));
        assert_eq!((&running.counters, running.rate_bytes_per_second), (&counters, 77));

        let mut tx = catalog.begin().await.unwrap();
        let problem = |path: &str| Problem { path: path.into(), kind: "unreadable".into(), message: "denied".into() };
        tx.insert_problems(run_id, &[problem("/a"), problem("/b\0"), problem("/c")]).await.unwrap();
        tx.set_run_snapshot(run_id, SnapshotRowId::new(9)).await.unwrap();
        tx.commit().await.unwrap();
        let outcome = JobOutcome::warning("backup.left_out", "3 files are not in the recovery point");
        let leave = Leave {
            lease: job.lease(), now: at(20), leaving: Leaving::Ended(outcome), progress: None, log: Vec::new(),
        };
        assert!(JobStore::leave(&store, leave).await.unwrap());
        let ended = run().await;
        assert_eq!((ended.state, ended.ended_at), (RunState::Warning, Some(at(20))));
        assert_eq!((ended.rate_bytes_per_second, ended.snapshot_id), (500, Some(SnapshotRowId::new(9))));
        assert_eq!(ended.message.as_deref(), Some("3 files are not in the recovery point"));

        let first = catalog.run_problems(run_id, &PageRequest::first(2)).await.unwrap();
        assert_eq!((first.total, first.items[1].problem.path.as_str()), (3, "/b\u{fffd}"));
        let next = PageRequest { limit: 2, cursor: first.next_cursor };
        assert_eq!(catalog.run_problems(run_id, &next).await.unwrap().items[0].problem.path, "/c");
    }

    async fn runs_are_listed_newest_first_by_what_they_are(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let mut ids = Vec::new();
        for number in 0..9 {
            ids.push(begin(&catalog, number % 3 + 1, number).await.run_id);
        }
        ids.reverse();
        let list = async |filter: RunFilter| {
            let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
            loop {
                let page = catalog.runs(&filter, &request).await.unwrap();
                seen.extend(page.items.iter().map(|run| run.id));
                let Some(cursor) = page.next_cursor else { return (seen, page.total) };
                request.cursor = Some(cursor);
            }
        };
        assert_eq!(list(RunFilter::default()).await, (ids.clone(), 9));
        let every_third: Vec<RunId> = ids.iter().copied().step_by(3).collect();
        let of_plan = RunFilter { plan_id: Some(PlanId::new(3)), ..RunFilter::default() };
        assert_eq!(list(of_plan).await, (every_third, 3));
        let ended = RunFilter { states: RunState::FINAL.to_vec(), ..RunFilter::default() };
        assert_eq!(list(ended).await, (vec![], 0));
        let store = catalog.job_store();
        for run in &ids[..4] {
            let job = catalog.run(*run).await.unwrap().job_id.expect("a run has its job");
            store.cancel(job, at(20)).await.unwrap();
        }
        // Several states are one list, newest first; a state named twice counts once.
        let both = vec![RunState::Canceled, RunState::Queued, RunState::Canceled];
        assert_eq!(list(RunFilter { states: both, ..RunFilter::default() }).await, (ids.clone(), 9));
        let canceled = RunFilter { states: vec![RunState::Canceled], ..RunFilter::default() };
        assert_eq!(list(canceled).await, (ids[..4].to_vec(), 4));
        let queued = RunFilter { states: vec![RunState::Queued], plan_id: Some(PlanId::new(3)), ..RunFilter::default() };
        assert_eq!(list(queued).await.1, 1);
        let counted = catalog.run_states_since(at(6)).await.unwrap();
        assert_eq!(counted, [(RunState::Canceled, 3)].into());
        let counted = catalog.run_states_since(at(0)).await.unwrap();
        assert_eq!(counted, [(RunState::Canceled, 4), (RunState::Queued, 5)].into());
    }

    async fn readers_get_every_event_in_order_while_many_write(scratch: Scratch) {
        const WRITERS: i64 = 8;
        const EACH: i64 = 12;
        let catalog = scratch.catalog().await;
        let elsewhere = scratch.catalog().await;
        let mut reader = elsewhere.event_reader(0).await;
        let writers = (0..WRITERS).map(|writer| {
            let catalog = catalog.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    let mut tx = catalog.begin().await.unwrap();
                    // A change first, as every writer of an event has made one.
                    tx.enqueue_job(&rempart_jobs::NewJob::new(rempart_model::JobKind::PoolAnalysis), at(number)).await.unwrap();
                    tx.append_event(Topic::Pools, "changed", writer * 1000 + number, &(), at(number)).await.unwrap();
                    // Some take their number with them.
                    if number % 4 == 3 { tx.rollback().await.unwrap() } else { tx.commit().await.unwrap() }
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let expected = (WRITERS * EACH * 3 / 4 * 2) as usize;
        let events = read(&mut reader, expected).await;
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(events.len(), expected);
        assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq), "out of order, or twice");
        let pools = events.iter().filter(|event| event.topic == Topic::Pools).count();
        assert_eq!(pools, expected / 2);
    }

    async fn what_is_old_is_dropped_and_a_reader_is_told(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        for (plan, second) in [(1, 0), (1, 10), (2, 20)] {
            let started = begin(&catalog, plan, second).await;
            catalog.job_store().cancel(started.job_id, at(second)).await.unwrap();
        }
        let mut late = catalog.event_reader(1).await;
        let newest = catalog.last_event_seq().await.unwrap();
        let keeping = Keeping {
            events: Duration::ZERO, logs: Duration::ZERO, job_history: Duration::from_secs(5), runs: Duration::ZERO,
            ..Keeping::default()
        };
        let swept = catalog.sweep(&keeping, at(21)).await.unwrap();
        assert_eq!((swept.runs, swept.jobs), (1, 2), "the newest run of each plan stays: {swept:?}");
        assert_eq!(catalog.runs(&RunFilter::default(), &PageRequest::default()).await.unwrap().total, 2);
        assert_eq!(late.read().await.unwrap(), Events::Reset);
        assert_eq!(catalog.last_event_seq().await.unwrap(), newest, "numbers would be given twice");
    }

    async fn copies_are_whole_and_seven(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let run = begin(&catalog, 1, 0).await.run_id;
        let folder = scratch.folder().join("copies");
        let mut newest = None;
        for day in 0..9 {
            newest = catalog.copy_into(&folder, at(day * 86_400)).await.unwrap();
        }
        if scratch.dialect() == Dialect::Postgres {
            assert_eq!(newest, None);
            return;
        }
        let newest = newest.expect("SQLite is copied");
        assert_eq!(Catalog::newest_copy(&folder).await, Some(newest.clone()));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), COPIES_KEPT);
        let copy = Catalog::open(&CatalogUrl::sqlite(&newest)).await.unwrap();
        assert_eq!(copy.run(run).await.unwrap(), catalog.run(run).await.unwrap());
    }

    async fn the_house_is_kept_from_the_start_and_each_day(scratch: Scratch) {
        let catalog = scratch.catalog().await;
        let folder = scratch.folder().join("copies");
        let clock = FakeClock::at("2026-01-10T00:00:00Z");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let house = tokio::spawn({
            let (catalog, clock, folder) = (catalog.clone(), clock.clone(), folder.clone());
            async move {
                let stop = async { drop(stopped.await) };
                catalog.keep_house(&clock, &folder, || std::future::ready(Ok(Keeping::default())), stop).await;
            }
        });
        if scratch.dialect() == Dialect::Sqlite {
            for copies in 1..=3 {
                let deadline = std::time::Instant::now() + Duration::from_secs(30);
                while std::fs::read_dir(&folder).map_or(0, Iterator::count) < copies {
                    assert!(std::time::Instant::now() < deadline, "copy {copies} was not made");
                    // Its clock stands still but for this: an hour at a time, a day a copy.
                    clock.advance(Duration::from_secs(3600));
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        stop.send(()).unwrap();
        house.await.unwrap();
    }
}
